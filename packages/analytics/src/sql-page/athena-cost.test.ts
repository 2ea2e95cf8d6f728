import { describe, expect, it } from 'vitest';

import { athenaCost, formatBytes, formatDollars } from './athena-cost.ts';

describe('athenaCost', () => {
  it('is 5 dollars a terabyte', () => {
    expect(athenaCost(3 * 2 ** 40)).toBe(15);
  });

  it('charges 10 MB for less, and whole megabytes above', () => {
    expect(athenaCost(0)).toBe(athenaCost(10 * 2 ** 20));
    expect(athenaCost(10 * 2 ** 20 + 1)).toBe(athenaCost(11 * 2 ** 20));
  });
});

it.each([
  [0.0000477, '$0.00005'],
  [0.0123, '$0.012'],
  [3.4, '$3.40'],
])('says %d dollars as %s', (dollars, words) => {
  expect(formatDollars(dollars)).toBe(words);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1_230_000, '1.2 MB'],
  [999_600, '1 MB'],
  [123_456_789, '123 MB'],
])('says %d bytes as %s', (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});
