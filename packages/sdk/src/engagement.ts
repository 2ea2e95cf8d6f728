/** Starts to measure; the function returned gives the milliseconds since its last call that the page was visible and focused. */
export function measureEngagement(): () => number {
  let engagedMs = 0;
  let sinceAt = performance.now();
  let engaged = false;
  const note = (): void => {
    const at = performance.now();
    if (engaged) engagedMs += at - sinceAt;
    sinceAt = at;
    engaged = !document.hidden && document.hasFocus();
  };
  for (const type of ['focus', 'blur', 'pageshow', 'pagehide']) addEventListener(type, note);
  document.addEventListener('visibilitychange', note);
  note();
  return () => {
    note();
    const ms = Math.round(engagedMs);
    engagedMs = 0;
    return ms;
  };
}
