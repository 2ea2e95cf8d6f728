/**
 * A set of hashes that may say yes by mistake, never no. The four bits of a hash are in one block of 64 bytes, so that a
 * look costs one cache miss.
 */
export class BloomFilter {
  readonly #words: Int32Array;

  /** @param bytes of memory, a power of two from 64 up; with 10 bits a hash, about one in fifty others is taken for known */
  constructor(bytes: number) {
    if (!Number.isInteger(Math.log2(bytes)) || bytes < 64)
      throw new RangeError(`filter: ${bytes} bytes; give a power of two from 64 up`);
    this.#words = new Int32Array(bytes / 4);
  }

  add(hash: number): void {
    const words = this.#words;
    const block = (hash << 4) & (words.length - 1);
    for (let probe = 0, bits = remixed(hash); probe < 4; probe += 1, bits = (bits >>> 9) | (bits << 23)) {
      const word = block | ((bits >>> 5) & 15);
      words[word] = (words[word] as number) | (1 << (bits & 31));
    }
  }

  mayHave(hash: number): boolean {
    const words = this.#words;
    const block = (hash << 4) & (words.length - 1);
    for (let probe = 0, bits = remixed(hash); probe < 4; probe += 1, bits = (bits >>> 9) | (bits << 23))
      if (((words[block | ((bits >>> 5) & 15)] as number) & (1 << (bits & 31))) === 0) return false;
    return true;
  }
}

function remixed(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
}

/** Hash of bytes, for a filter. */
export function hashBytes(bytes: Uint8Array): number {
  let h = bytes.length;
  for (let i = 0; i < bytes.length; i += 1) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
  return h ^ (h >>> 14);
}
