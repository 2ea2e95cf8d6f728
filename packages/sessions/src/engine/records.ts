export const recordBytes = 64;
/** V8's large buffers begin 16 bytes behind a page, so that this puts each record into one cache line. */
const paddingBytes = 48;
/**
 * Records of 64 bytes in one ArrayBuffer, seen as words of 32 bits, as bytes and as 64-bit numbers. Words and hashes are
 * signed: V8 keeps an unsigned one above 2^31 in an object of its own wherever it leaves a function.
 */
export class Records {
  words!: Int32Array;
  bytes!: Uint8Array;
  /** `doubles[record * 8 + n]` are words 2n and 2n + 1 of the record. */
  doubles!: Float64Array;
  capacity = 0;
  /** Records in use. */
  count = 0;
  /** First record never used. */
  #end = 0;
  /** Free records, linked through their word 0; -1 ends the list. */
  #free = none;

  constructor(capacity: number) {
    this.#view(capacity);
  }

  get isFull(): boolean {
    return this.#free === none && this.#end === this.capacity;
  }

  /** A record to use; there must be room. Its words are those of its last use. */
  take(): number {
    this.count += 1;
    if (this.#free === none) {
      this.#end += 1;
      return this.#end - 1;
    }
    const record = this.#free;
    this.#free = this.words[record * recordWords] as number;
    return record;
  }

  giveBack(record: number): void {
    this.words[record * recordWords] = this.#free;
    this.#free = record;
    this.count -= 1;
  }

  /** Half as many again, or a quarter once they are many. */
  get grownCapacity(): number {
    return Math.ceil(this.capacity * (this.capacity < 100_000 ? 1.5 : 1.25));
  }

  grow(): void {
    const capacity = this.grownCapacity;
    const before = this.bytes;
    this.#view(capacity);
    this.bytes.set(before);
  }

  /** Records ever used lie below this; some may be free. */
  get end(): number {
    return this.#end;
  }

  #view(capacity: number): void {
    const buffer = new ArrayBuffer(paddingBytes + capacity * recordBytes);
    this.words = new Int32Array(buffer, paddingBytes);
    this.bytes = new Uint8Array(buffer, paddingBytes);
    this.doubles = new Float64Array(buffer, paddingBytes);
    this.capacity = capacity;
  }
}

export const recordWords = 16;
/** No record. */
export const none = -1;

/**
 * Room for `capacity` records at most two thirds full. A slot is two words, hash and record + 1 (0: empty), so that
 * a search reads a record only if it is very likely the one: at many records each read is a cache miss.
 */
export function makeSlots(capacity: number): Int32Array {
  let count = 16;
  while (count * 2 < capacity * 3) count *= 2;
  return new Int32Array(count * 2);
}

/** First word of the slot where a search for `hash` begins. */
export function homeSlot(slots: Int32Array, hash: number): number {
  return (hash << 1) & (slots.length - 2);
}

/** Whether `capacity` records would fill more than two thirds of the slots. */
export function isTooSmall(slots: Int32Array, capacity: number): boolean {
  return capacity * 3 > slots.length;
}

/** Enters a record into the first empty slot from its home on. */
export function enterSlot(slots: Int32Array, record: number, hash: number): void {
  const mask = slots.length - 1;
  let slot = homeSlot(slots, hash);
  while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
  slots[slot] = hash;
  slots[slot + 1] = record + 1;
}

/** Takes a record out, and moves those behind it up so that none is behind a hole. */
export function clearSlot(slots: Int32Array, record: number, hash: number): void {
  const mask = slots.length - 1;
  let hole = homeSlot(slots, hash);
  while (slots[hole + 1] !== record + 1) hole = (hole + 2) & mask;
  for (let slot = (hole + 2) & mask; slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
    const home = homeSlot(slots, slots[slot] as number);
    // It may move up if its home is not between the hole and where it is.
    if (((slot - home) & mask) >= ((slot - hole) & mask)) {
      slots[hole] = slots[slot] as number;
      slots[hole + 1] = slots[slot + 1] as number;
      hole = slot;
    }
  }
  slots[hole + 1] = 0;
}

/** The slots of a table that has grown. */
export function regrownSlots(slots: Int32Array, capacity: number): Int32Array {
  if (!isTooSmall(slots, capacity)) return slots;
  const grown = makeSlots(capacity);
  for (let slot = 0; slot < slots.length; slot += 2) {
    const record = slots[slot + 1] as number;
    if (record !== 0) enterSlot(grown, record - 1, slots[slot] as number);
  }
  return grown;
}

/*
 * Reading ahead. A cache miss takes as long as some hundred instructions, but the machine waits for a dozen at a time if
 * nothing else stands between them: hence tight loops that read one thing each, and return what they read so that the
 * reading is not optimized away.
 */

/** Puts into `records` the record that very likely has each hash, or `none`. */
export function likelyRecords(slots: Int32Array, hashes: Int32Array, records: Int32Array, count: number): number {
  let read = 0;
  for (let i = 0; i < count; i += 1) read ^= slots[homeSlot(slots, hashes[i] as number)] as number;
  for (let i = 0; i < count; i += 1) records[i] = likelyRecord(slots, hashes[i] as number);
  return read;
}

/** Puts word `word` of each record into `found`; `none` of none. `found` may be `records`. */
export function readWords(
  words: Int32Array,
  records: Int32Array,
  word: number,
  found: Int32Array,
  count: number,
): number {
  let read = 0;
  for (let i = 0; i < count; i += 1) {
    const record = records[i] as number;
    const value = record === none ? none : (words[record * recordWords + word] as number);
    found[i] = value;
    read ^= value;
  }
  return read;
}

function likelyRecord(slots: Int32Array, hash: number): number {
  const mask = slots.length - 1;
  for (let slot = homeSlot(slots, hash); slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
    if (slots[slot] === hash) return (slots[slot + 1] as number) - 1;
  }
  return none;
}
