/** Records of 64 bytes in one ArrayBuffer, seen as words of 32 bits, as bytes and as 64-bit numbers. */
export class Records {
  words!: Uint32Array;
  bytes!: Uint8Array;
  /** `doubles[record * 8 + n]` are words 2n and 2n + 1 of the record. */
  doubles!: Float64Array;
  capacity = 0;
  /** Records in use. */
  count = 0;
  /** First record never used. */
  #end = 0;
  /** Free records, linked through their word 0; 0xffffffff ends the list. */
  #free = none;

  constructor(capacity: number) {
    this.#view(new ArrayBuffer(capacity * recordBytes), capacity);
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

  /** Makes room for half as many again, or a quarter once they are many. */
  grow(): void {
    const capacity = Math.ceil(this.capacity * (this.capacity < 1_000_000 ? 1.5 : 1.25));
    const grown = new ArrayBuffer(capacity * recordBytes);
    new Uint8Array(grown).set(this.bytes);
    this.#view(grown, capacity);
  }

  /** Records ever used lie below this; some may be free. */
  get end(): number {
    return this.#end;
  }

  #view(buffer: ArrayBuffer, capacity: number): void {
    this.words = new Uint32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.capacity = capacity;
  }
}

export const recordBytes = 64;
export const recordWords = 16;
/** No record. */
export const none = 0xffffffff;

/** Room for `capacity` records at most two thirds full; entries are record + 1, 0 is empty. */
export function makeSlots(capacity: number): Uint32Array {
  let length = 16;
  while (length * 2 < capacity * 3) length *= 2;
  return new Uint32Array(length);
}

/** Enters a record into the first empty slot from its hash on. */
export function enterSlot(slots: Uint32Array, record: number, hash: number): void {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = record + 1;
}

/** Takes a record out, and moves those behind it up so that none is behind a hole. */
export function clearSlot(slots: Uint32Array, record: number, hashOf: (record: number) => number): void {
  const mask = slots.length - 1;
  let hole = hashOf(record) & mask;
  while (slots[hole] !== record + 1) hole = (hole + 1) & mask;
  for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const home = hashOf((slots[slot] as number) - 1) & mask;
    // It may move up if its home is not between the hole and where it is.
    if (((slot - home) & mask) >= ((slot - hole) & mask)) {
      slots[hole] = slots[slot] as number;
      hole = slot;
    }
  }
  slots[hole] = 0;
}
