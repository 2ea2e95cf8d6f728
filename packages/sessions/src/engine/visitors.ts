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
import { finishHash, hashText, isWide, readText, writeText } from './text.ts';

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
  /** Keys being looked for, each as it would lie in a record: words are compared more quickly than characters. */
  readonly #keyWords: Int32Array;
  readonly #keyBytes: Uint8Array;
  /** Whether the key at a place fits into a record. */
  readonly #keyFits: Uint8Array;

  /** @param keys most keys hashed before the first of them is looked for */
  constructor(seed: number, keys: number) {
    this.#seed = seed;
    this.#keyWords = new Int32Array(keys * textWords);
    this.#keyBytes = new Uint8Array(this.#keyWords.buffer);
    this.#keyFits = new Uint8Array(keys);
  }

  get byteLength(): number {
    return this.records.bytes.length + this.#slots.byteLength + this.#arena.bytes.length;
  }

  /** The hash of a key, which is kept at `place` to be looked for. */
  hash(userId: string, deviceId: string, place: number): number {
    const units = userId.length + deviceId.length;
    this.#keyFits[place] = units <= textBytes && this.#putKey(userId, deviceId, place) ? 1 : 0;
    let h = this.#seed ^ userId.length;
    if (this.#keyFits[place] === 0) h = hashText(deviceId, 0, deviceId.length, hashText(userId, 0, userId.length, h));
    else {
      const last = place * textWords + ((units + 3) >> 2);
      for (let word = place * textWords; word < last; word += 1) {
        h = Math.imul(h ^ (this.#keyWords[word] as number), 0x01000193);
        h ^= h >>> 15;
      }
    }
    return finishHash(h, units);
  }

  /** Whether all characters are narrow. */
  #putKey(userId: string, deviceId: string, place: number): boolean {
    const bytes = this.#keyBytes;
    const at = place * textBytes;
    const units = userId.length + deviceId.length;
    // The rest of the last word is compared too.
    if (units % 4 !== 0) this.#keyWords[place * textWords + (units >> 2)] = 0;
    let all = 0;
    for (let i = 0; i < userId.length; i += 1) {
      const unit = userId.charCodeAt(i);
      bytes[at + i] = unit;
      all |= unit;
    }
    const from = at + userId.length;
    for (let i = 0; i < deviceId.length; i += 1) {
      const unit = deviceId.charCodeAt(i);
      bytes[from + i] = unit;
      all |= unit;
    }
    return all < 256;
  }

  /** Puts into `found` the record that very likely has each hash. */
  likely(hashes: Int32Array, found: Int32Array, count: number): number {
    return likelyRecords(this.#slots, hashes, found, count);
  }

  /** Puts word `word` of each record into `found`. */
  read(records: Int32Array, word: number, found: Int32Array, count: number): number {
    return readWords(this.records.words, records, word, found, count);
  }

  /** The record of the visitor whose key was hashed at `place`; a new one has no open window. */
  find(userId: string, deviceId: string, hash: number, place: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = homeSlot(slots, hash); ; slot = (slot + 2) & mask) {
      const entry = slots[slot + 1] as number;
      if (entry === 0) return this.#enter(userId, deviceId, hash);
      if (slots[slot] === hash && this.#isSame(entry - 1, userId, deviceId, place)) return entry - 1;
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

  #isSame(record: number, userId: string, deviceId: string, place: number): boolean {
    const { words } = this.records;
    const base = record * recordWords;
    if (words[base + 1] !== userId.length || words[base + 2] !== deviceId.length) return false;
    const fits = words[base + 5] === liveFlag;
    if (fits !== (this.#keyFits[place] === 1)) return false;
    if (!fits) return this.userId(record) === userId && this.deviceId(record) === deviceId;
    const count = (userId.length + deviceId.length + 3) >> 2;
    for (let word = 0; word < count; word += 1)
      if (words[base + 6 + word] !== this.#keyWords[place * textWords + word]) return false;
    return true;
  }

  #enter(userId: string, deviceId: string, hash: number): number {
    if (this.records.isFull) this.#grow();
    const record = this.records.take();
    const { words } = this.records;
    const base = record * recordWords;
    const units = userId.length + deviceId.length;
    const wide = isWide(userId) || isWide(deviceId);
    const inBlock = (wide ? units * 2 : units) > textBytes;
    words[base] = hash;
    words[base + 1] = userId.length;
    words[base + 2] = deviceId.length;
    words[base + 3] = 0;
    words[base + 4] = none;
    words[base + 5] = liveFlag | (wide ? wideFlag : 0) | (inBlock ? blockFlag : 0);
    // The rest of the last word is compared too.
    words.fill(0, base + 6, base + 6 + textWords);
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

/** Room for texts in a record. */
const textWords = 10;
const textBytes = textWords * 4;

const wideFlag = 1;
const blockFlag = 2;
const liveFlag = 4;
