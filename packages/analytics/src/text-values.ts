import type { Data, Utf8 } from 'apache-arrow';

/** A byte order mark is a character of a text like any other. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * All texts of a column, NULL as null. Decoded at once and then cut: a call of TextDecoder for each of a million cells
 * takes longer than all else that is done to them.
 */
export function textValues(column: Data<Utf8>): (string | null)[] {
  const { length, values, valueOffsets: offsets } = column;
  const text = utf8.decode(values.subarray(offsets[0], offsets[length]));
  const texts: (string | null)[] = [];
  let [byte = 0] = offsets;
  let from = 0;
  for (let row = 0; row < length; row += 1) {
    let to = from;
    for (const end = offsets[row + 1] ?? byte; byte < end; byte += 1) to += lettersFrom(values[byte] ?? 0);
    texts.push(column.getValid(row) ? text.slice(from, to) : null);
    from = to;
  }
  return texts;
}

/** How many UTF-16 units begin with a byte: none with one that goes on, two with the first of four. */
function lettersFrom(byte: number): number {
  if ((byte & 0xc0) === 0x80) return 0;
  return byte >= 0xf0 ? 2 : 1;
}
