/**
 * Text in bytes, and its hash. One byte a UTF-16 unit where all units are below 256 (nearly always), else two.
 * Strings kept as such would cost the garbage collector a visit each, which at millions of windows is a cliff.
 */

/** Hash of the units [from, to), started from `hash`; not finished, see `finishHash`. Two at a time: each waits for the one before. */
export function hashText(text: string, from: number, to: number, hash: number): number {
  let h = hash;
  let i = from;
  for (; i < to - 1; i += 2) {
    h = Math.imul(h ^ text.charCodeAt(i) ^ (text.charCodeAt(i + 1) << 16), 0x01000193);
    h ^= h >>> 15;
  }
  return i < to ? Math.imul(h ^ text.charCodeAt(i), 0x01000193) : h;
}

/** Spreads the hash over all its bits; never 0. */
export function finishHash(hash: number, salt: number): number {
  let h = Math.imul(hash ^ salt, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16) || 1;
}

export function isWide(text: string, to = text.length): boolean {
  for (let i = 0; i < to; i += 1) if (text.charCodeAt(i) > 0xff) return true;
  return false;
}

/** Writes the first `length` units at `at`. */
export function writeText(bytes: Uint8Array, at: number, text: string, length: number, wide: boolean): void {
  if (!wide) for (let i = 0; i < length; i += 1) bytes[at + i] = text.charCodeAt(i);
  else {
    for (let i = 0; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      bytes[at + 2 * i] = unit & 0xff;
      bytes[at + 2 * i + 1] = unit >>> 8;
    }
  }
}

export function readText(bytes: Uint8Array, at: number, length: number, wide: boolean): string {
  const units = unitLists[length] ?? Array.from({ length }, () => 0);
  if (!wide) for (let i = 0; i < length; i += 1) units[i] = bytes[at + i] as number;
  else {
    for (let i = 0; i < length; i += 1)
      units[i] = (bytes[at + 2 * i] as number) | ((bytes[at + 2 * i + 1] as number) << 8);
  }
  return String.fromCharCode(...units);
}

/** A list for each length, used again: with it, 17 characters take 43 ns, from a sub-array 96 ns. */
const unitLists = Array.from({ length: 80 }, (_, length) => Array.from({ length }, () => 0));

/** Whether the `length` units at `at` are the first of `text`. */
export function sameText(bytes: Uint8Array, at: number, text: string, length: number, wide: boolean): boolean {
  if (wide) return sameWideText(bytes, at, text, length);
  for (let i = 0; i < length; i += 1) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

function sameWideText(bytes: Uint8Array, at: number, text: string, length: number): boolean {
  for (let i = 0; i < length; i += 1) {
    const unit = (bytes[at + 2 * i] as number) | ((bytes[at + 2 * i + 1] as number) << 8);
    if (unit !== text.charCodeAt(i)) return false;
  }
  return true;
}
