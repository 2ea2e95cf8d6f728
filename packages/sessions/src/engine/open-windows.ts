import { NumberList } from './number-list.ts';
import {
  Records,
  clearSlot,
  enterSlot,
  homeSlot,
  makeSlots,
  none,
  readWords,
  recordWords,
  regrownSlots,
} from './records.ts';

/**
 * Open windows, 64 bytes each, found by (visitor, timeagg).
 *
 * Words of a record: 0 visitor, 1 serial, 2-3 timeagg, 4-5 openAt, 6 events, 7 begin name, 8 end name,
 * 9 begin id, 10 end id, 11 opening id (records of seen events), 12 begin, 13 end (milliseconds after timeagg),
 * 14 bits of the three ids, 15 flags.
 */
export class OpenWindows {
  readonly records = new Records(64);
  /** Records changed since the last snapshot, each once: they are flagged. */
  readonly #changed = new NumberList();
  #slots = makeSlots(64);
  readonly #stepMs: number;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  get byteLength(): number {
    return this.records.bytes.length + this.#slots.byteLength;
  }

  /** The open window of the key, or `none`. */
  find(visitor: number, timeagg: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = this.#hash(visitor, timeagg);
    for (let slot = homeSlot(slots, hash); ; slot = (slot + 2) & mask) {
      const entry = slots[slot + 1] as number;
      if (entry === 0) return none;
      if (slots[slot] === hash && this.isOf(entry - 1, visitor, timeagg)) return entry - 1;
    }
  }

  /** Whether the record, open or not, is the open window of the key. */
  isOf(record: number, visitor: number, timeagg: number): boolean {
    const { words, doubles } = this.records;
    const base = record * recordWords;
    return (
      words[base] === visitor && doubles[record * 8 + 1] === timeagg && ((words[base + 15] as number) & openFlag) !== 0
    );
  }

  /** Opens a window of no events. */
  open(visitor: number, timeagg: number, openAt: number, serial: number): number {
    if (this.records.isFull) this.#grow();
    const record = this.records.take();
    const { words, doubles } = this.records;
    const base = record * recordWords;
    words[base] = visitor;
    words[base + 1] = serial;
    doubles[record * 8 + 1] = timeagg;
    doubles[record * 8 + 2] = openAt;
    words[base + 6] = 0;
    words[base + 15] = (words[base + 15] as number) | openFlag;
    enterSlot(this.#slots, record, this.#hash(visitor, timeagg));
    return record;
  }

  close(record: number): void {
    const { words, doubles } = this.records;
    const base = record * recordWords;
    clearSlot(this.#slots, record, this.#hash(words[base] as number, doubles[record * 8 + 1] as number));
    words[base + 15] = (words[base + 15] as number) & ~openFlag;
    this.records.giveBack(record);
  }

  /** Reads where the key of each window is in the table; the first `count` of `visitors` and `timeaggs` are the keys. */
  touchKeys(visitors: Int32Array, timeaggs: Float64Array, count: number): number {
    const slots = this.#slots;
    let read = 0;
    for (let i = 0; i < count; i += 1)
      read ^= slots[homeSlot(slots, this.#hash(visitors[i] as number, timeaggs[i] as number))] as number;
    return read;
  }

  /** Puts word `word` of each record into `found`. */
  read(records: Int32Array, word: number, found: Int32Array, count: number): number {
    return readWords(this.records.words, records, word, found, count);
  }

  markChanged(record: number): void {
    const { words } = this.records;
    const flags = words[record * recordWords + 15] as number;
    if ((flags & changedFlag) !== 0) return;
    words[record * recordWords + 15] = flags | changedFlag;
    this.#changed.push(record);
  }

  /** Open windows changed since this was last called. */
  takeChanged(): number[] {
    const { words } = this.records;
    const open: number[] = [];
    for (const record of this.#changed.take()) {
      words[record * recordWords + 15] = (words[record * recordWords + 15] as number) & ~changedFlag;
      if (this.isOpen(record)) open.push(record);
    }
    return open;
  }

  isOpen(record: number): boolean {
    return ((this.records.words[record * recordWords + 15] as number) & openFlag) !== 0;
  }

  #hash(visitor: number, timeagg: number): number {
    const bucket = Math.floor(timeagg / this.#stepMs) | 0;
    const h = Math.imul(visitor ^ Math.imul(bucket, 0x9e3779b1), 0x85ebca6b);
    return h ^ (h >>> 15);
  }

  #grow(): void {
    this.records.grow();
    this.#slots = regrownSlots(this.#slots, this.records.capacity);
  }
}

const openFlag = 1;
const changedFlag = 2;

/** Where a window keeps its ids: the word of the record number, and the shift of the bit in word 14. */
export const beginId = { word: 9, shift: 0 };
export const endId = { word: 10, shift: 6 };
export const openId = { word: 11, shift: 12 };

export function setPlace(words: Int32Array, base: number, id: typeof beginId, record: number, bit: number): void {
  words[base + id.word] = record;
  words[base + 14] = ((words[base + 14] as number) & ~(63 << id.shift)) | (bit << id.shift);
}

/** Whether two of a window's ids are one. */
export function samePlace(words: Int32Array, base: number, a: typeof beginId, b: typeof beginId): boolean {
  const bits = words[base + 14] as number;
  return words[base + a.word] === words[base + b.word] && ((bits >>> a.shift) & 63) === ((bits >>> b.shift) & 63);
}
