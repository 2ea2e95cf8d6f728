import { expect, it } from 'vitest';

import { sqlInLink, sqlLink } from './sql-link.ts';

it.each(["SELECT 1 + 1 -- 100% & 'ä' #\n", 'a=b&sql=c', 'SELECT "<img>"'])('carries %j', (sql) => {
  expect(sqlInLink(new URL(sqlLink('http://x/sql/#old', sql)).hash)).toBe(sql);
});

it('reads what encodeURIComponent wrote', () => {
  expect(sqlInLink(`#sql=${encodeURIComponent('SELECT 1 + 2;\n')}`)).toBe('SELECT 1 + 2;\n');
  expect(sqlInLink('#sql=1+1')).toBe('1+1');
});

it('finds none in another address', () => {
  expect(sqlInLink('')).toBeNull();
  expect(sqlInLink('#top')).toBeNull();
  expect(sqlInLink('#sql=%20')).toBeNull();
});
