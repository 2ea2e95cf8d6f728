/** A set of hashes that may say yes by mistake, never no: 4 bits of its memory for each. */
export class BloomFilter {
  readonly #words: Int32Array;

  /** @param bytes of memory, a power of two; with 10 bits a hash, one in a hundred others is taken for known */
  constructor(bytes: number) {
    this.#words = new Int32Array(bytes / 4);
  }

  add(hash: number): void {
    const words = this.#words;
    for (let probe = 0, h = hash; probe < 4; probe += 1, h = next(h))
      words[(h >>> 5) & (words.length - 1)] = (words[(h >>> 5) & (words.length - 1)] as number) | (1 << (h & 31));
  }

  mayHave(hash: number): boolean {
    const words = this.#words;
    for (let probe = 0, h = hash; probe < 4; probe += 1, h = next(h))
      if (((words[(h >>> 5) & (words.length - 1)] as number) & (1 << (h & 31))) === 0) return false;
    return true;
  }
}

function next(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
}

/** Hash of bytes, for a filter. */
export function hashBytes(bytes: Uint8Array): number {
  let h = bytes.length;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
  return h ^ (h >>> 14);
}
