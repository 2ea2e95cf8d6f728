import { expect, it } from 'vitest';

import { soundType } from './sound-values.ts';

it.each([
  ['BIGINT', 'BIGINT'],
  ['DECIMAL(9,2)', 'DECIMAL(9,2)'],
  ['MAP(VARCHAR, VARCHAR)', 'MAP(VARCHAR, VARCHAR)'],
  ['DECIMAL(5,2)[]', 'DOUBLE[]'],
  ['HUGEINT[][]', 'DOUBLE[][]'],
  ['INTERVAL', 'VARCHAR'],
  ['STRUCT(a DECIMAL(2,1), "HUGEINT" INTEGER, b INTERVAL[])', 'STRUCT(a DOUBLE, "HUGEINT" INTEGER, b VARCHAR[])'],
  ['MAP(VARCHAR, DECIMAL(38,2))', 'MAP(VARCHAR, DOUBLE)'],
])('%s is handed on as %s', (type, sound) => {
  expect(soundType(type)).toBe(sound);
});
