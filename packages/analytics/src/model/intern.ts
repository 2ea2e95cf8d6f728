/** A column of text as Arrow lays it out: the bytes of all values, one after the other, and where each begins. */
export interface Utf8Column {
  values: Uint8Array;
  offsets: Int32Array;
  /** Values in the column. */
  length: number;
}

const utf8 = new TextDecoder();

/**
 * Gives each distinct text a small number, from 0 on, by its bytes: no string is made for a text seen before.
 * A million values of a few thousand texts take some 30 ms.
 */
export class Interner {
  readonly #names: string[] = [];
  /** Bytes of all names, one after the other. */
  #bytes = new Uint8Array(1 << 12);
  #ends = new Int32Array(1 << 8);
  #slots = new Int32Array(1 << 10).fill(-1);
  #hashes = new Int32Array(1 << 8);

  /** The texts, each at the place of its number. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The numbers of a column, new texts taken in. */
  codes({ values, offsets, length }: Utf8Column): Int32Array {
    const codes = new Int32Array(length);
    for (let index = 0; index < length; index += 1) {
      codes[index] = this.#code(values, offsets[index] ?? 0, offsets[index + 1] ?? 0);
    }
    return codes;
  }

  /** The number of one text, taken in if new. */
  code(text: string): number {
    const bytes = new TextEncoder().encode(text);
    return this.#code(bytes, 0, bytes.length);
  }

  /** The number of one text, or -1 if it was never seen. */
  find(text: string): number {
    const bytes = new TextEncoder().encode(text);
    return this.#slots[this.#place(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length))] ?? -1;
  }

  #code(values: Uint8Array, from: number, to: number): number {
    const hash = hashBytes(values, from, to);
    const place = this.#place(values, from, to, hash);
    const known = this.#slots[place] ?? -1;
    return known >= 0 ? known : this.#add(values.subarray(from, to), hash, place);
  }

  /** The slot where the text is, or where it would go. */
  #place(values: Uint8Array, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let place = hash & mask;
    for (;;) {
      const code = this.#slots[place] ?? -1;
      if (code < 0 || (this.#hashes[code] === hash && this.#same(code, values, from, to))) return place;
      place = (place + 1) & mask;
    }
  }

  #same(code: number, values: Uint8Array, from: number, to: number): boolean {
    const start = code === 0 ? 0 : (this.#ends[code - 1] ?? 0);
    if ((this.#ends[code] ?? 0) - start !== to - from) return false;
    for (let index = from; index < to; index += 1) {
      if (this.#bytes[start + index - from] !== values[index]) return false;
    }
    return true;
  }

  #add(text: Uint8Array, hash: number, place: number): number {
    const code = this.#names.length;
    const start = code === 0 ? 0 : (this.#ends[code - 1] ?? 0);
    this.#names.push(utf8.decode(text));
    this.#bytes = grown(this.#bytes, start + text.length);
    this.#bytes.set(text, start);
    this.#ends = grown(this.#ends, code + 1);
    this.#ends[code] = start + text.length;
    this.#hashes = grown(this.#hashes, code + 1);
    this.#hashes[code] = hash;
    this.#slots[place] = code;
    if (this.#names.length * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let code = 0; code < this.#names.length; code += 1) {
      let place = (this.#hashes[code] ?? 0) & mask;
      while ((slots[place] ?? -1) >= 0) place = (place + 1) & mask;
      slots[place] = code;
    }
    this.#slots = slots;
  }
}

/** FNV-1a with a last stir, 32 bits. */
export function hashBytes(values: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let index = from; index < to; index += 1) hash = Math.imul(hash ^ (values[index] ?? 0), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

/** The same array, or a larger one with its content, with room for `length`. */
export function grown<T extends Uint8Array | Int32Array | Float64Array>(array: T, length: number): T {
  if (length <= array.length) return array;
  const Kind = array.constructor as new (length: number) => T;
  const larger = new Kind(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

/** Gives each distinct pair of small numbers a number of its own, from 0 on. */
export class PairTable {
  #left = new Int32Array(1 << 10);
  #right = new Int32Array(1 << 10);
  #slots = new Int32Array(1 << 11).fill(-1);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  left(code: number): number {
    return this.#left[code] ?? -1;
  }

  right(code: number): number {
    return this.#right[code] ?? -1;
  }

  code(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let place = hashPair(left, right) & mask;
    for (;;) {
      const code = this.#slots[place] ?? -1;
      if (code < 0) return this.#add(left, right, place);
      if (this.#left[code] === left && this.#right[code] === right) return code;
      place = (place + 1) & mask;
    }
  }

  #add(left: number, right: number, place: number): number {
    const code = this.#size;
    this.#size += 1;
    this.#left = grown(this.#left, this.#size);
    this.#right = grown(this.#right, this.#size);
    this.#left[code] = left;
    this.#right[code] = right;
    this.#slots[place] = code;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let code = 0; code < this.#size; code += 1) {
      let place = hashPair(this.left(code), this.right(code)) & mask;
      while ((slots[place] ?? -1) >= 0) place = (place + 1) & mask;
      slots[place] = code;
    }
    this.#slots = slots;
  }
}

function hashPair(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
