/** A column of text as Arrow lays it out: the bytes of all values, one after the other, and where each begins. */
export interface Utf8Column {
  values: Uint8Array;
  offsets: Int32Array;
  /** Values in the column. */
  length: number;
}

/** A byte order mark is a character of a name like any other. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Gives each distinct text a small number, from 0 on, by its bytes: no string is made for a text until it is asked for.
 * A million values of a few thousand texts take some 30 ms. Bytes are looked at four at a time, which takes two thirds
 * of one by one.
 */
export class Interner {
  #size = 0;
  readonly #names: string[] = [];
  /** Bytes of all texts, one after the other, and the same by words. */
  #bytes = new Uint8Array(1 << 12);
  #words = wordsOf(this.#bytes);
  #ends = new Int32Array(1 << 8);
  #slots = new Int32Array(1 << 10).fill(-1);
  #hashes = new Int32Array(1 << 8);

  /** How many texts there are. */
  get size(): number {
    return this.#size;
  }

  /** The texts, each at the place of its number. */
  get names(): readonly string[] {
    if (this.#names.length < this.#size) this.#name();
    return this.#names;
  }

  /** The text of a number, '' if there is none. */
  name(code: number): string {
    return this.#names[code] ?? utf8.decode(this.#bytes.subarray(this.#startOf(code), this.#ends[code] ?? 0));
  }

  /** The numbers of a column, new texts taken in. */
  codes({ values, offsets, length }: Utf8Column): Int32Array {
    const codes = new Int32Array(length);
    const words = wordsOf(values);
    for (let index = 0; index < length; index += 1) {
      codes[index] = this.#code(words, offsets[index] ?? 0, offsets[index + 1] ?? 0);
    }
    return codes;
  }

  /** The number of one text, taken in if new. */
  code(text: string): number {
    const bytes = new TextEncoder().encode(text);
    return this.#code(wordsOf(bytes), 0, bytes.length);
  }

  /** The number of one text, or -1 if it was never seen. */
  find(text: string): number {
    const bytes = new TextEncoder().encode(text);
    const words = wordsOf(bytes);
    return this.#slots[this.#place(words, 0, bytes.length, hashOf(words, 0, bytes.length))] ?? -1;
  }

  #code(words: DataView, from: number, to: number): number {
    const hash = hashOf(words, from, to);
    const place = this.#place(words, from, to, hash);
    const known = this.#slots[place] ?? -1;
    return known >= 0 ? known : this.#add(bytesOf(words, from, to), hash, place);
  }

  /** The slot where the text is, or where it would go. */
  #place(words: DataView, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let place = hash & mask;
    for (;;) {
      const code = this.#slots[place] ?? -1;
      if (code < 0 || (this.#hashes[code] === hash && this.#same(code, words, from, to))) return place;
      place = (place + 1) & mask;
    }
  }

  #same(code: number, words: DataView, from: number, to: number): boolean {
    let own = this.#startOf(code);
    if ((this.#ends[code] ?? 0) - own !== to - from) return false;
    let at = from;
    for (; at + 4 <= to; at += 4, own += 4) {
      if (this.#words.getInt32(own) !== words.getInt32(at)) return false;
    }
    for (; at < to; at += 1, own += 1) {
      if (this.#words.getUint8(own) !== words.getUint8(at)) return false;
    }
    return true;
  }

  #startOf(code: number): number {
    return code === 0 ? 0 : (this.#ends[code - 1] ?? 0);
  }

  #add(text: Uint8Array, hash: number, place: number): number {
    const code = this.#size;
    this.#size += 1;
    const end = this.#startOf(code) + text.length;
    if (end > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, end);
      this.#words = wordsOf(this.#bytes);
    }
    this.#bytes.set(text, end - text.length);
    this.#ends = grown(this.#ends, code + 1);
    this.#ends[code] = end;
    this.#hashes = grown(this.#hashes, code + 1);
    this.#hashes[code] = hash;
    this.#slots[place] = code;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  /** Makes strings of the texts that are none yet: of all in one, where a byte is a character. */
  #name(): void {
    const from = this.#startOf(this.#names.length);
    const all = utf8.decode(this.#bytes.subarray(from, this.#startOf(this.#size)));
    const plain = all.length === this.#startOf(this.#size) - from;
    for (let code = this.#names.length; code < this.#size; code += 1) {
      this.#names.push(plain ? all.slice(this.#startOf(code) - from, (this.#ends[code] ?? 0) - from) : this.name(code));
    }
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let code = 0; code < this.#size; code += 1) {
      let place = (this.#hashes[code] ?? 0) & mask;
      while ((slots[place] ?? -1) >= 0) place = (place + 1) & mask;
      slots[place] = code;
    }
    this.#slots = slots;
  }
}

/** Bytes that can be read four at once, wherever they lie. */
function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function bytesOf({ buffer, byteOffset }: DataView, from: number, to: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + from, to - from);
}

/** 32 bits. */
function hashOf(words: DataView, from: number, to: number): number {
  let hash = to - from;
  let at = from;
  for (; at + 4 <= to; at += 4) hash = stirred(hash ^ words.getInt32(at));
  let rest = 0;
  for (; at < to; at += 1) rest = (rest << 8) | words.getUint8(at);
  hash = stirred(hash ^ rest);
  return hash ^ (hash >>> 13);
}

function stirred(sum: number): number {
  const hash = Math.imul(sum, 0x9e3779b1);
  return hash ^ (hash >>> 15);
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
