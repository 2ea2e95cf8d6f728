import { readNumber, write } from './store.ts';

/**
 * Corrects the visitor's clock by the `Date` of an answer.
 *
 * The answer was made at most `tripMs` ago, within the whole second of its `Date`. A clock inside those bounds is
 * left alone, so that events of one page keep their order; one outside is set to their middle. Slow trips correct
 * coarsely, fast ones finely, and a clock that jumps is found by the next answer.
 * `now - sent_at` would not do: a stalled web view shifts it by 10 to 30 s.
 */
export function learnClock(date: string | null, tripMs: number): void {
  const boundMs = (tripMs + 1000) / 2;
  const offsetMs = Date.parse(date as string) + boundMs - Date.now();
  if (Math.abs(offsetMs - readNumber('clock')) > boundMs) write('clock', offsetMs);
}
