import { describe, expect, it } from 'vitest';

import { csvLines, tsvLines } from './text-formats.ts';

const text = [{ name: 'a', numeric: false }];

describe('csvLines', () => {
  it.each([
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"\r\n`],
    ['+1', `'+1\r\n`],
    ['-1', `'-1\r\n`],
    ['@SUM(A1)', `'@SUM(A1)\r\n`],
    ['\t=1', `'\t=1\r\n`],
    ['plain', 'plain\r\n'],
    ['a,b', '"a,b"\r\n'],
    ['two\nlines', '"two\nlines"\r\n'],
  ])('writes %j so that no spreadsheet runs it', (cell, line) => {
    expect(csvLines(text, [[cell]])).toBe(line);
  });

  it('leaves a negative number a number', () => {
    expect(csvLines([{ name: 'n', numeric: true }], [['-1.5']])).toBe('-1.5\r\n');
  });

  it('tells NULL from an empty text', () => {
    expect(csvLines([...text, ...text], [[null, '']])).toBe(',""\r\n');
  });
});

describe('tsvLines', () => {
  it('quotes what would end a cell or a line', () => {
    expect(tsvLines([...text, ...text], [['a\tb', 'c\nd']])).toBe('"a\tb"\t"c\nd"\n');
  });
});
