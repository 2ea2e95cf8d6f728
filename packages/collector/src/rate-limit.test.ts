import { expect, it } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

it('lets a burst pass, then the rate', () => {
  let now = 0;
  const limit = createRateLimit({ eventsPerSecond: 10, burst: 5 }, () => now);
  expect(Array.from({ length: 7 }, () => limit.take('a', 1))).toEqual([0, 0, 0, 0, 0, 1, 1]);
  now = 100;
  expect([limit.take('a', 1), limit.take('a', 1)]).toEqual([0, 1]);
  expect(limit.take('b', 1)).toBe(0);
});

it('never refuses a batch for its size alone, and makes it wait longer after', () => {
  let now = 0;
  const limit = createRateLimit({ eventsPerSecond: 10, burst: 20 }, () => now);
  expect(limit.take('a', 500)).toBe(0);
  expect(limit.take('a', 1)).toBe(49);
  now = 48_000;
  expect(limit.take('a', 1)).toBe(1);
  now = 49_000;
  expect(limit.take('a', 1)).toBe(0);
});

it('makes nobody wait for a clock that was set back', () => {
  let now = 3_600_000;
  const limit = createRateLimit({ eventsPerSecond: 10, burst: 2 }, () => now);
  expect(limit.take('a', 1)).toBe(0);
  now = 0;
  expect([limit.take('a', 1), limit.take('a', 1)]).toEqual([0, 1]);
});

it('stays within its memory whatever the number of clients', () => {
  const limit = createRateLimit({ eventsPerSecond: 1, burst: 1 }, () => 0);
  for (let i = 0; i < 100_001; i += 1) limit.take(`client ${i}`, 1);
  expect(limit.take('client 0', 1)).toBe(0);
  expect(limit.take('client 100000', 1)).toBe(1);
});
