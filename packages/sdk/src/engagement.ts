import { listen } from './listen.ts';

let engagedMs = 0;
let sinceAt = 0;
let engaged = false;

function note(): void {
  const at = performance.now();
  if (engaged) engagedMs += at - sinceAt;
  sinceAt = at;
  engaged = document.hasFocus() && !document.hidden;
}

export function measureEngagement(): void {
  listen('focus blur visibilitychange', note);
  note();
}

/** Milliseconds since the last call in which the page was visible and focused. */
export function takeEngagement(): number {
  note();
  const ms = Math.round(engagedMs);
  engagedMs = 0;
  return ms;
}
