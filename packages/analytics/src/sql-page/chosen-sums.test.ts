import { expect, it } from 'vitest';

import { chosenSums } from './chosen-sums.ts';

it('sums the numbers among the cells', () => {
  const rows = [
    ['7', '1.5'],
    ['text', null],
    ['8', '-0.5'],
  ];
  expect(chosenSums(rows, [false, true])).toEqual({
    cells: 6,
    numbers: { count: 2, sum: 1, mean: 0.5, least: -0.5, most: 1.5 },
  });
});

it('has no sum without a number', () => {
  expect(chosenSums([['a'], [null]], [true]).cells).toBe(2);
  expect(chosenSums([[null], ['x']], [false]).numbers).toBeNull();
});
