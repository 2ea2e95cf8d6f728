import { listen } from './listen.ts';

let engagedMs = 0;
let sinceAt = 0;

function note(): number {
  const at = performance.now();
  engagedMs += sinceAt && at - sinceAt;
  sinceAt = document.hasFocus() && !document.hidden ? at : 0;
  return Math.round(engagedMs);
}

export function measureEngagement(): void {
  listen('focus blur visibilitychange', note);
  note();
}

/** Milliseconds since the last call in which the page was visible and focused. */
export function takeEngagement(): number {
  const ms = note();
  engagedMs = 0;
  return ms;
}
