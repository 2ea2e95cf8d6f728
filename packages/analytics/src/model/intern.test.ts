import { describe, expect, it } from 'vitest';

import { mulberry } from '../testing/shop-rows.ts';
import { Interner, PairTable } from './intern.ts';

/** A column of text as Arrow lays it out. */
function columnOf(texts: readonly string[]): { values: Uint8Array; offsets: Int32Array; length: number } {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  const offsets = new Int32Array(texts.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] ?? 0) + part.length;
  const values = new Uint8Array(offsets.at(-1) ?? 0);
  for (const [index, part] of parts.entries()) values.set(part, offsets[index]);
  return { values, offsets, length: texts.length };
}

describe('numbers for texts', () => {
  it('are the same for the same text, and lead back to it', () => {
    const random = mulberry(3);
    const texts = Array.from({ length: 20_000 }, () => `ü-${Math.floor(random() * 7000)}`);
    const interner = new Interner();
    const codes = interner.codes(columnOf(texts));
    expect(Array.from(codes, (code) => interner.names[code])).toEqual(texts);
    expect(interner.names.length).toBe(new Set(texts).size);
    expect(interner.find(texts[5] ?? '')).toBe(codes[5]);
    expect(interner.find('never seen')).toBe(-1);
  });

  it('know a name that begins with a byte order mark', () => {
    const interner = new Interner();
    const [code = -1] = interner.codes(columnOf(['\ufeffmark', 'mark']));
    expect(interner.names[code]).toBe('\ufeffmark');
    expect(interner.find('\ufeffmark')).toBe(code);
  });

  it('tell an empty text from none, and one text from its beginning', () => {
    const interner = new Interner();
    expect(Array.from(interner.codes(columnOf(['', 'a', 'ab', 'a', ''])))).toEqual([0, 1, 2, 1, 0]);
  });
});

describe('texts of numbers', () => {
  const ascii = ['beer_cart', '', 'a', 'abcd', 'abcde', 'abcdefgh', 'abcdefgi'];
  const others = ['Bär', 'abc', '\u{1f37a}\u{1f37a}', 'ab\0', 'abcdefg'];

  it.each([ascii, others, [...ascii, ...others]])('are the same one by one and all together: %j %j %j', (...texts) => {
    const interner = new Interner();
    const codes = interner.codes(columnOf(texts));
    expect(Array.from(codes, (code) => interner.name(code))).toEqual(texts);
    expect(interner.names).toEqual(texts);
    expect(interner.size).toBe(texts.length);
  });

  it('grow with what comes later, and are none of no number', () => {
    const interner = new Interner();
    interner.codes(columnOf(ascii));
    expect(interner.names).toEqual(ascii);
    interner.codes(columnOf([...others, ...ascii]));
    expect(interner.names).toEqual([...ascii, ...others]);
    expect([interner.name(-1), interner.name(interner.size)]).toEqual(['', '']);
  });
});

describe('numbers for pairs', () => {
  it('are one for each pair, whatever the order of asking', () => {
    const table = new PairTable();
    const random = mulberry(4);
    const seen = new Map<string, number>();
    for (let index = 0; index < 20_000; index += 1) {
      const [left, right] = [Math.floor(random() * 3000), Math.floor(random() * 4)];
      const code = table.code(left, right);
      expect(seen.get(`${left} ${right}`) ?? code).toBe(code);
      seen.set(`${left} ${right}`, code);
      expect([table.left(code), table.right(code)]).toEqual([left, right]);
    }
    expect(table.size).toBe(seen.size);
  });
});
