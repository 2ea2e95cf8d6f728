/** One line of the collector's log, ready for JSON.stringify. */
export interface LogLine {
  /** ISO 8601. */
  at: string;
  level: 'info' | 'warn' | 'error';
  message: string;
  /** As in the answer's `Request-Id`. */
  request_id?: string;
  /** The answer. */
  status?: number;
  accepted?: number;
  rejected?: number;
  reason?: string;
  /** Lines left out before this one, over the limit. */
  left_out?: number;
}

/** Most lines a second: a flood of bad requests must not become a flood of lines. */
const maxPerSecond = 50;

/** Limits the lines to `write`; what is left out is counted in the next line. */
export function createLog(
  write: ((line: LogLine) => void) | undefined,
  now: () => number,
): (line: Omit<LogLine, 'at'>) => void {
  if (!write) return () => {};
  let second = 0;
  let lines = 0;
  let leftOut = 0;
  return (line) => {
    const at = now();
    if (Math.floor(at / 1000) !== second) {
      second = Math.floor(at / 1000);
      lines = 0;
    }
    lines += 1;
    if (lines > maxPerSecond) {
      leftOut += 1;
      return;
    }
    write({ at: new Date(at).toISOString(), ...line, ...(leftOut > 0 && { left_out: leftOut }) });
    leftOut = 0;
  };
}
