import type { Store } from './store.ts';

export interface Clock {
  /** Milliseconds since 1970 UTC, corrected. */
  now(): number;
  /** What `now` adds to the visitor's clock, milliseconds. */
  offset(): number;
  /** Learns from the `Date` of an answer and the length of its round trip. */
  learn(date: string | null, tripMs: number): void;
}

/**
 * The visitor's clock, corrected by the collector's.
 *
 * An answer says that it was made within `tripMs` before now and within the whole second of its `Date`. A clock
 * inside those bounds is left alone, so that events of one page keep their order; one outside is set to their
 * middle. Slow trips therefore correct coarsely and fast ones finely, and a clock that jumps is found by the next.
 * `now - sent_at` would not do: a stalled web view shifts it by 10 to 30 s.
 */
export function openClock(store: Store): Clock {
  let offsetMs = Number(store.get('clock'));
  const now = (): number => Date.now() + offsetMs;
  return {
    now,
    offset: () => offsetMs,
    learn(date, tripMs) {
      const boundMs = (tripMs + 1000) / 2;
      const errorMs = Math.round(Date.parse(date ?? '') + boundMs - now());
      if (Math.abs(errorMs) <= boundMs || !errorMs) return;
      offsetMs += errorMs;
      store.set('clock', `${offsetMs}`);
    },
  };
}
