import { expect, it } from 'vitest';
import { tables } from './tables.ts';
import { click, sessionRow } from './testing.ts';

const names = (table: keyof typeof tables): string[] => tables[table].map(({ name }) => name);

it('rawdata has the fields of an event, in order', () => {
  expect(names('rawdata')).toEqual(Object.keys(click()));
});

it('aggregated has the fields of a session row, in order', () => {
  expect(names('aggregated')).toEqual(Object.keys(sessionRow()));
});
