import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { learnClock } from './clock.ts';
import { setOptions } from './options.ts';
import { readNumber } from './store.ts';

const at = Date.UTC(2026, 10, 23, 18);

/** The `Date` header of an answer made at this time. */
const dateOf = (ms: number): string => new Date(ms).toUTCString();

const clockOffset = (): number => readNumber('clock');
const now = (): number => Date.now() + clockOffset();

beforeAll(() => {
  vi.stubGlobal('document', { referrer: '' });
  setOptions({});
});
beforeEach(() => vi.useFakeTimers({ now: at }));
afterEach(() => {
  learnClock(dateOf(Date.now()), 0);
  vi.useRealTimers();
});

test('a clock that is right, as far as a round trip tells, is left alone', () => {
  for (const tripMs of [0, 50, 3000]) {
    for (const agoMs of [0, tripMs / 2, tripMs]) learnClock(dateOf(at - agoMs), tripMs);
    expect(clockOffset()).toBe(0);
  }
});

test('a clock that is wrong is set to within half a second and half the trip', () => {
  for (const wrongMs of [3_600_000, -3_600_000, 5000]) {
    vi.setSystemTime(at + wrongMs);
    learnClock(dateOf(at - 100), 200);
    expect(Math.abs(now() - at)).toBeLessThanOrEqual(600);
  }
});

test('a slow trip corrects coarsely, a fast one after it finely', () => {
  vi.setSystemTime(at + 3_600_000);
  learnClock(dateOf(at - 19_000), 20_000);
  expect(Math.abs(now() - at)).toBeLessThanOrEqual(10_500);
  learnClock(dateOf(at), 10);
  expect(Math.abs(now() - at)).toBeLessThanOrEqual(1000);
});

test('an answer without a date teaches nothing', () => {
  const before = now();
  learnClock(null, 10);
  learnClock('yesterday', 10);
  expect(now()).toBe(before);
});
