import { describe, expect, it } from 'vitest';

import { csvOf } from './csv.ts';

describe('CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('disarms the text %j', (text) => {
    expect(csvOf([{ text }]).split('\r\n').slice(1).join('\r\n')).toMatch(/^"?'/);
  });

  it('leaves numbers and times alone', () => {
    expect(csvOf([{ n: -1, at: new Date(0), none: null }])).toBe('n,at,none\r\n-1,1970-01-01T00:00:00.000Z,\r\n');
  });

  it('quotes what needs it', () => {
    expect(csvOf([{ text: 'a "b", c\nd' }])).toBe('text\r\n"a ""b"", c\nd"\r\n');
  });

  it('writes a number too large for JSON, in a list, as text', () => {
    expect(csvOf([{ list: [9_007_199_254_740_993n, 1] }])).toBe('list\r\n"[""9007199254740993"",1]"\r\n');
  });
});
