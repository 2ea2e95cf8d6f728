import { expect, it } from 'vitest';
import { shapeFault } from './shape-fault.ts';

const limits = { maxDepth: 3, maxKeys: 2, maxValues: 10 };

it.each([
  '',
  '[[[]]]',
  '{"a":{"b":1},"c":2}',
  '"[[[[{{{{"',
  '"\\"[[[["',
  '"\\\\"',
  '[1,2,3,4]',
  ']]]]',
  '"unterminated [[[[',
])('%j is fine', (json) => expect(shapeFault(json, limits)).toBeNull());

it.each([
  ['[[[[', 'deeper than 3'],
  ['[[[]],[[[', 'deeper than 3'],
  ['"\\\\"[[[[', 'deeper than 3'],
  ['{"a":1,"b":2,"c":3}', 'more than 2 keys'],
  ['[{"a":1,"b":2},{"a":{"x":1},"b":2,"c":3}]', 'more than 2 keys'],
  ['[1,2,3,4,5,6,7,8,9,10,11]', 'more than 10 values'],
  ['[{},{},{},{},{},{}]', 'more than 10 values'],
])('%j is refused: %s', (json, reason) => expect(shapeFault(json, limits)).toContain(reason));
