import { expect, it } from 'vitest';
import { partitionPath } from './partition-path.ts';

it('is the UTC day, in Hive form', () => {
  expect(partitionPath(Date.UTC(2026, 0, 2, 23, 59, 59, 999))).toBe('year=2026/month=01/day=02');
  expect(partitionPath(Date.UTC(2026, 0, 3))).toBe('year=2026/month=01/day=03');
});

it('refuses what is no time', () => {
  expect(() => partitionPath(Number.NaN)).toThrow(RangeError);
});
