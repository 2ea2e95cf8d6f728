import { expect, it } from 'vitest';
import { fromSequencePosition, toSequencePosition } from './sequence-position.ts';

it('makes positions whose string order is that of the numbers, and gives the numbers back', () => {
  const numbers = ['0', '9', '10', '49680500564555621552865948956780929715486245783198498818'];
  const positions = numbers.map(toSequencePosition);
  expect(positions.toSorted()).toEqual(positions);
  expect(positions.map(fromSequencePosition)).toEqual(numbers);
});

it('refuses what is not of Kinesis', () => {
  expect(() => toSequencePosition('1'.repeat(57))).toThrow(RangeError);
  expect(() => fromSequencePosition('0000000000000001')).toThrow(RangeError);
});
