import { type Data, Utf8, vectorFromArray } from 'apache-arrow';
import { expect, it } from 'vitest';

import { textValues } from './text-values.ts';

function columnOf(texts: readonly (string | null)[]): Data<Utf8> {
  const [data] = vectorFromArray([...texts], new Utf8()).data;
  if (!data) throw new Error('vector without data');
  return data;
}

it('gives every text as it is, whatever its letters, and NULL', () => {
  const texts = ['ale', null, '', 'Kölsch', '🍺🍻', '\ufeffmark', 'e\u0301', null, '漢字', '\u0000'];
  expect(textValues(columnOf(texts))).toEqual(texts);
  expect(textValues(columnOf([]))).toEqual([]);
});

it('gives the texts of a part of a column', () => {
  const column = columnOf(['ä', 'b', null, '🍺', 'e', 'f']);
  expect(textValues(column.slice(1, 4))).toEqual(['b', null, '🍺', 'e']);
});

it('gives letters of every length in UTF-8, side by side', () => {
  const letters = Array.from({ length: 0x11_0000 / 61 }, (_, at) => String.fromCodePoint(at * 61));
  // Half of a pair is no letter.
  const texts = letters.filter((letter) => letter.isWellFormed()).map((letter, at) => letter.repeat(at % 4));
  expect(textValues(columnOf(texts))).toEqual(texts);
});
