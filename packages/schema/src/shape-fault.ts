import type { Limits } from './limits.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Why a JSON text must not be parsed, or null. JSON.parse takes a depth of 500,000, and JSON.stringify throws from
 * 5,000, so a deep event would be stored and never read again; a body of 90,000 keys, or of a million empty objects,
 * holds the event loop for 100 ms and more. One look at the text tells, at about 1 ns a character.
 */
export function shapeFault(json: string, limits: Pick<Limits, 'maxDepth' | 'maxKeys' | 'maxValues'>): string | null {
  const { maxDepth, maxKeys, maxValues } = limits;
  const escapes = json.includes('\\');
  /** Keys so far of the object at each depth. */
  const keys: number[] = [];
  let depth = 0;
  let values = 0;
  for (let i = 0; i < json.length; i += 1) {
    const code = json.charCodeAt(i);
    if (code === quote) i = escapes ? endOfString(json, i) : endOfPlainString(json, i);
    else if (code === comma) values += 1;
    else if (code === colon) {
      const count = (keys[depth] ?? 0) + 1;
      if (count > maxKeys) return `body: an object of more than ${maxKeys} keys; send fewer`;
      keys[depth] = count;
    } else if (code === openBrace || code === openBracket) {
      depth += 1;
      values += 1;
      if (depth > maxDepth) return `body: nested deeper than ${maxDepth} levels; flatten it`;
      if (values > maxValues) break;
      keys[depth] = 0;
    } else if (code === closeBrace || code === closeBracket) depth -= 1;
  }
  return values > maxValues ? `body: more than ${maxValues} values; send fewer events` : null;
}

/** Place of the quote that ends the string begun at `start`, or the end of the text. */
function endOfString(json: string, start: number): number {
  for (let i = start + 1; i < json.length; i += 1) {
    const code = json.charCodeAt(i);
    if (code === backslash) i += 1;
    else if (code === quote) return i;
  }
  return json.length;
}

/** The same in a text without a backslash. */
function endOfPlainString(json: string, start: number): number {
  const end = json.indexOf('"', start + 1);
  return end < 0 ? json.length : end;
}
