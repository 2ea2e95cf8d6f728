import {
  Records,
  clearSlot,
  enterSlot,
  homeSlot,
  likelyRecords,
  makeSlots,
  none,
  readWords,
  recordBytes,
  recordWords,
  regrownSlots,
} from './records.ts';
import { TextArena } from './text-arena.ts';
import { finishHash, hashText, isWide, readText, sameText, writeText } from './text.ts';

/**
 * Visitors (user_id, device_id) with an open window, 64 bytes each; one without is forgotten.
 *
 * Words of a record: 0 hash, 1 length of user_id, 2 length of device_id, 3 open windows, 4 window last used,
 * 5 flags, 6-15 both texts or their block.
 */
export class Visitors {
  readonly records = new Records(64);
  #slots = makeSlots(64);
  readonly #arena = new TextArena();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get byteLength(): number {
    return this.records.bytes.length + this.#slots.byteLength + this.#arena.bytes.length;
  }

  hash(userId: string, deviceId: string): number {
    const user = hashText(userId, 0, userId.length, this.#seed);
    return finishHash(hashText(deviceId, 0, deviceId.length, Math.imul(user ^ 0x1ff, 0x01000193)), userId.length);
  }

  /** Puts into `found` the record that very likely has each hash. */
  likely(hashes: Uint32Array, found: Uint32Array, count: number): number {
    return likelyRecords(this.#slots, hashes, found, count);
  }

  /** Puts word `word` of each record into `found`. */
  read(records: Uint32Array, word: number, found: Uint32Array, count: number): number {
    return readWords(this.records.words, records, word, found, count);
  }

  /** The visitor's record; a new one has no open window. */
  find(userId: string, deviceId: string, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = homeSlot(slots, hash); ; slot = (slot + 2) & mask) {
      const entry = slots[slot + 1] as number;
      if (entry === 0) return this.#enter(userId, deviceId, hash);
      if (slots[slot] === hash && this.#isSame(entry - 1, userId, deviceId)) return entry - 1;
    }
  }

  userId(record: number): string {
    return this.#text(record, 0, this.records.words[record * recordWords + 1] as number);
  }

  deviceId(record: number): string {
    const base = record * recordWords;
    const { words } = this.records;
    return this.#text(record, words[base + 1] as number, words[base + 2] as number);
  }

  /** Forgets a visitor whose last window has closed. */
  forget(record: number): void {
    const { words } = this.records;
    const base = record * recordWords;
    clearSlot(this.#slots, record, words[base] as number);
    const flags = words[base + 5] as number;
    const units = (words[base + 1] as number) + (words[base + 2] as number);
    if ((flags & blockFlag) !== 0)
      this.#arena.giveBack(words[base + 6] as number, (flags & wideFlag) === 0 ? units : units * 2);
    words[base + 5] = 0;
    this.records.giveBack(record);
  }

  #isSame(record: number, userId: string, deviceId: string): boolean {
    const { words, bytes } = this.records;
    const base = record * recordWords;
    if (words[base + 1] !== userId.length || words[base + 2] !== deviceId.length) return false;
    const flags = words[base + 5] as number;
    if ((flags & (wideFlag | blockFlag)) === 0) {
      const from = record * recordBytes + 24;
      return (
        sameText(bytes, from, userId, userId.length, false) &&
        sameText(bytes, from + userId.length, deviceId, deviceId.length, false)
      );
    }
    return this.userId(record) === userId && this.deviceId(record) === deviceId;
  }

  #enter(userId: string, deviceId: string, hash: number): number {
    if (this.records.isFull) this.#grow();
    const record = this.records.take();
    const { words } = this.records;
    const base = record * recordWords;
    const units = userId.length + deviceId.length;
    const wide = isWide(userId) || isWide(deviceId);
    const inBlock = (wide ? units * 2 : units) > 40;
    words[base] = hash;
    words[base + 1] = userId.length;
    words[base + 2] = deviceId.length;
    words[base + 3] = 0;
    words[base + 4] = none;
    words[base + 5] = liveFlag | (wide ? wideFlag : 0) | (inBlock ? blockFlag : 0);
    if (inBlock) words[base + 6] = this.#arena.take(wide ? units * 2 : units);
    const bytes = inBlock ? this.#arena.bytes : this.records.bytes;
    const from = this.#textAt(record);
    writeText(bytes, from, userId, userId.length, wide);
    writeText(bytes, from + (wide ? userId.length * 2 : userId.length), deviceId, deviceId.length, wide);
    enterSlot(this.#slots, record, hash);
    return record;
  }

  #grow(): void {
    this.records.grow();
    this.#slots = regrownSlots(this.#slots, this.records.capacity);
  }

  #textAt(record: number): number {
    const { words } = this.records;
    const base = record * recordWords;
    const inBlock = ((words[base + 5] as number) & blockFlag) !== 0;
    return inBlock ? this.#arena.offset(words[base + 6] as number) : record * recordBytes + 24;
  }

  #text(record: number, skip: number, length: number): string {
    const flags = this.records.words[record * recordWords + 5] as number;
    const bytes = (flags & blockFlag) !== 0 ? this.#arena.bytes : this.records.bytes;
    const wide = (flags & wideFlag) !== 0;
    return readText(bytes, this.#textAt(record) + (wide ? skip * 2 : skip), length, wide);
  }
}

const wideFlag = 1;
const blockFlag = 2;
const liveFlag = 4;
