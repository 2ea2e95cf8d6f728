import { describe, expect, it } from 'vitest';

import { shopRows } from '../testing/shop-rows.ts';
import { PartialRows } from './partial-rows.ts';
import { sessionCurve } from './session-curve.ts';
import { sessionize } from './sessionize.ts';

const untilAt = Date.UTC(2026, 10, 23, 18);
const rows = new PartialRows();
shopRows({ rows: 3000, untilAt, spanMs: 48 * 3_600_000 }).forEach((row, number) => rows.addLive(row, number));
rows.settle();

describe('the curve behind the slider', () => {
  const gapsMs = [30_000, 45_000, 60_000, 300_000, 1_800_000, 14_400_000];

  it.each([48, 24, 1])('counts the sessions that each length gives, of those that begin in the last %i h', (hours) => {
    const range = { fromAt: untilAt - hours * 3_600_000, toAt: untilAt + 1 };
    const counts = gapsMs.map((gapMs) => {
      const { begin, length } = sessionize(rows, gapMs);
      return begin.subarray(0, length).filter((at) => at >= range.fromAt && at < range.toAt).length;
    });
    expect(sessionCurve(rows, range, gapsMs)).toEqual(counts);
  });

  it('is flat where there is nothing', () => {
    expect(sessionCurve(new PartialRows(), { fromAt: 0, toAt: untilAt }, gapsMs)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
