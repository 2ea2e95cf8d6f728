const longestMs = 86_400_000;

/** A stagger window in milliseconds; make one with `staggerWindow`, `parseWindow` or take a preset. */
export interface StaggerWindow {
  /** Step of the event-time part of the key; 30_000 = STEP BY INTERVAL '30' SECOND, 60_000 = FLOOR TO MINUTE. */
  readonly stepMs: number;
  /** Time from opening to closing on the arrival clock; RANGE INTERVAL in KDA SQL. */
  readonly rangeMs: number;
}

/**
 * Stagger window, as in KDA SQL: one window per partition key, opened by the first event that arrives
 * with that key and closed `rangeMs` later in arrival time (ROWTIME).
 * The key is (user_id, device_id, client_timestamp rounded down to `stepMs`).
 *
 * @throws RangeError if either is not a whole number of milliseconds from 1 to 86,400,000 (a day)
 * @see AWS, Kinesis Data Analytics for SQL developer guide, "Stagger windows"
 */
export function staggerWindow({ stepMs, rangeMs }: StaggerWindow): StaggerWindow {
  checkLength('stepMs', stepMs);
  checkLength('rangeMs', rangeMs);
  return { stepMs, rangeMs };
}

/** The windows that have names: the article's two. */
export const windowPresets = {
  seconds: staggerWindow({ stepMs: 30_000, rangeMs: 30_000 }),
  minutes: staggerWindow({ stepMs: 60_000, rangeMs: 60_000 }),
} as const;

/**
 * Reads TAPHOUSE_WINDOW: `seconds` (30 s), `minutes` (60 s), or `<step>s` such as `10s`, whose range is its step.
 *
 * @throws RangeError if the text is none of these
 */
export function parseWindow(text: string): StaggerWindow {
  if (text === 'seconds' || text === 'minutes') return windowPresets[text];
  const seconds = /^([1-9]\d{0,4})s$/.exec(text)?.[1];
  const stepMs = Number(seconds) * 1000;
  if (!(stepMs <= longestMs))
    throw new RangeError(`window: not a window: ${JSON.stringify(text)}; use seconds, minutes, or 1s to 86400s`);
  return staggerWindow({ stepMs, rangeMs: stepMs });
}

function checkLength(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > longestMs)
    throw new RangeError(`window: ${name} is ${value}; give whole milliseconds from 1 to ${longestMs}`);
}
