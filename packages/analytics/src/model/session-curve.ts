import type { PartialRows } from './partial-rows.ts';
import type { TimeRange } from './tally.ts';

/**
 * How many sessions begin in a range, for each of several session lengths, in one pass: a row begins a session for
 * every length shorter than the pause before it.
 *
 * @param gapsMs ascending, milliseconds
 */
export function sessionCurve(rows: PartialRows, range: TimeRange, gapsMs: readonly number[]): number[] {
  /** At n: rows that begin a session for exactly the first n lengths. */
  const begins = new Float64Array(gapsMs.length + 1);
  let reach = 0;
  let key = -1;
  for (let row = 0; row < rows.length; row += 1) {
    const begin = rows.begin[row]!;
    const end = rows.end[row]!;
    const first = rows.key[row] !== key;
    if (begin >= range.fromAt && begin < range.toAt) {
      begins[first ? gapsMs.length : shorterThan(begin - reach, gapsMs)]! += 1;
    }
    key = rows.key[row]!;
    reach = first ? end : Math.max(reach, end);
  }
  return countsFrom(begins, gapsMs.length);
}

/** How many lengths are shorter than a pause. */
function shorterThan(pauseMs: number, gapsMs: readonly number[]): number {
  let low = 0;
  let high = gapsMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (gapsMs[middle]! < pauseMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countsFrom(begins: Float64Array, lengths: number): number[] {
  const counts: number[] = [];
  let sum = 0;
  for (let place = lengths; place > 0; place -= 1) {
    sum += begins[place]!;
    counts[place - 1] = sum;
  }
  return counts;
}
