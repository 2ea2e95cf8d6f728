import { limits } from '@taphouse/schema';
import { NumberList } from './number-list.ts';
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

/** How long an id is remembered: a copy that arrives later is older than the collector takes. */
export const horizonMs = limits.maxAgeMs + limits.maxAheadMs;

/** 64 ids of one instance, as they are written to a snapshot. */
export interface SeenRun {
  /** Instance id and hyphen, or the whole id. */
  prefix: string;
  /** Digits behind the prefix; 0 if the prefix is the whole id. */
  width: number;
  /** Sequence number divided by 64. */
  chunk: number;
  /** Bit n: number chunk * 64 + n was seen. */
  low: number;
  high: number;
  /** Arrival of the latest new one, milliseconds since 1970 UTC. */
  lastAt: number;
}

/**
 * Ids seen that are kept beyond memory: for each run the last that `Sessionizer.takeSeen` gave of it. It is asked in the
 * middle of counting, so it answers at once, and it has what was taken before the next event is pushed.
 */
export interface SeenStore {
  /** The run of these ids, or undefined; one that is forgotten may be given or not. */
  find(prefix: string, width: number, chunk: number): Pick<SeenRun, 'low' | 'high' | 'lastAt'> | undefined;
}

/** Where ids go that memory has no room for. */
export interface ColdSeen {
  store: SeenStore;
  /** Memory of ids, bytes. Those of the last `rangeMs` and those not yet taken stay in memory all the same. */
  maxBytes: number;
}

/**
 * Which event ids were seen: exact, not a guess. Ids of the form `<instance>-<zero-padded number>` share a record of
 * 64 bytes by 64 numbers in a row; any other id has one of its own. An id is forgotten `horizonMs` after the last new one
 * of its record arrived; the memory is used again when it is needed. With a store, memory holds the records lately used,
 * and a record that is not there is looked for in the store before it counts as new.
 *
 * Words of a record: 0 hash, 1 length | width << 16 | flags, 2 chunk, 4-5 bits, 6-7 lastAt, 8-15 text or its block.
 */
export class SeenEvents {
  /** Record and bit of the id last looked up. */
  record = 0;
  bit = 0;
  /** Grows whenever a record is dropped: places noted before may then be of another id. */
  drops = 0;
  /** Records not older than this may be named by open windows: they stay. */
  pinnedMs: number;
  readonly #records: Records;
  #slots: Int32Array;
  readonly #cold: ColdSeen | undefined;
  readonly #arena = new TextArena();
  /** Records changed since the last snapshot, each once: they are flagged. */
  readonly #changed = new NumberList();
  readonly #horizonMs: number;
  readonly #seed: number;
  // The text last read, and of which record.
  #prefix = '';
  #prefixOf = none;
  // The id last split.
  #length = 0;
  #width = 0;
  #chunk = 0;

  constructor({ horizonMs, pinnedMs, seed, cold }: SeenOptions) {
    if (cold && !(cold.maxBytes >= 0))
      throw new RangeError(`seen events: maxBytes is ${cold.maxBytes}; give 0 or more`);
    const capacity = cold && cold.maxBytes < 64 * bytesOfRecord ? 8 : 64;
    this.#records = new Records(capacity);
    this.#slots = makeSlots(capacity);
    this.#horizonMs = horizonMs;
    this.pinnedMs = pinnedMs;
    this.#seed = seed;
    this.#cold = cold;
  }

  /** Records in use: one for each 64 ids of an instance. */
  get count(): number {
    return this.#records.count;
  }

  get byteLength(): number {
    return this.#records.bytes.length + this.#slots.byteLength + this.#arena.bytes.length;
  }

  hash(eventId: string): number {
    this.#split(eventId);
    return this.#hash(eventId);
  }

  /** Reads the records that very likely have the hashes; `scratch` is overwritten. */
  touch(hashes: Int32Array, scratch: Int32Array, count: number): number {
    return likelyRecords(this.#slots, hashes, scratch, count) ^ this.touchRecords(scratch, scratch, count);
  }

  /** Reads records; `scratch`, which may be `records`, is overwritten. */
  touchRecords(records: Int32Array, scratch: Int32Array, count: number): number {
    return readWords(this.#records.words, records, 0, scratch, count);
  }

  /**
   * Remembers an id that arrived at `at`; false if it was seen. Leaves its place in `record` and `bit`.
   *
   * @param hash that of `eventId`
   */
  add(eventId: string, at: number, hash: number): boolean {
    this.#split(eventId);
    return this.addAt(this.#find(eventId, hash, at), this.bit, at);
  }

  /** As `add`, where the place of the id is known. */
  addAt(record: number, bit: number, at: number): boolean {
    const { words, doubles } = this.#records;
    const base = record * recordWords;
    const bitWord = base + 4 + (bit >>> 5);
    const bitMask = 1 << (bit & 31);
    this.record = record;
    this.bit = bit;
    if ((doubles[record * 8 + 3] as number) < at - this.#horizonMs) {
      words[base + 4] = 0;
      words[base + 5] = 0;
    } else if (((words[bitWord] as number) & bitMask) !== 0) return false;
    words[bitWord] = (words[bitWord] as number) | bitMask;
    doubles[record * 8 + 3] = at;
    this.#markChanged(record);
    return true;
  }

  /**
   * Whether the id belongs to a record that it may well belong to, and then its place in `record` and `bit`.
   * Only plain records are looked at: a number behind a short prefix of narrow characters.
   */
  matches(record: number, eventId: string): boolean {
    if (record === none) return false;
    const { words, bytes } = this.#records;
    const base = record * recordWords;
    const meta = words[base + 1] as number;
    const length = meta & 0xffff;
    const width = (meta >>> 16) & 0xf;
    if ((meta & plainMask) !== liveFlag || width === 0 || eventId.length !== length + width) return false;
    if (!sameText(bytes, record * recordBytes + 32, eventId, length, false)) return false;
    let sequence = 0;
    for (let i = length; i < length + width; i += 1) {
      const digit = eventId.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) return false;
      sequence = sequence * 10 + digit;
    }
    if (sequence >>> 6 !== words[base + 2]) return false;
    this.record = record;
    this.bit = sequence & 63;
    return true;
  }

  /** The id at a place that `add` left. */
  idAt(record: number, bit: number): string {
    const { words } = this.#records;
    const base = record * recordWords;
    const width = ((words[base + 1] as number) >>> 16) & 0xf;
    // The ids of a window are nearly always of one page load.
    if (this.#prefixOf !== record) {
      this.#prefix = this.#text(record);
      this.#prefixOf = record;
    }
    if (width === 0) return this.#prefix;
    const digits = String((words[base + 2] as number) * 64 + bit);
    return this.#prefix + (zeros[width - digits.length] as string) + digits;
  }

  /** Puts a record of a snapshot in the place of what is known. */
  put(run: SeenRun): void {
    const id = run.width === 0 ? run.prefix : run.prefix + String(run.chunk * 64).padStart(run.width, '0');
    this.#split(id);
    const record = this.#find(id, this.#hash(id), run.lastAt);
    const { words, doubles } = this.#records;
    words[record * recordWords + 4] = run.low;
    words[record * recordWords + 5] = run.high;
    doubles[record * 8 + 3] = run.lastAt;
    this.#markChanged(record);
  }

  /** Records not forgotten at `at`. */
  *all(at: number): Generator<SeenRun> {
    for (let record = 0; record < this.#records.end; record += 1) {
      if (this.#isLive(record) && !this.#isForgotten(record, at)) yield this.#run(record);
    }
  }

  /** Records changed since this was last called. */
  takeChanges(): SeenRun[] {
    const { words } = this.#records;
    const runs: SeenRun[] = [];
    for (const record of this.#changed.take()) {
      words[record * recordWords + 1] = (words[record * recordWords + 1] as number) & ~changedFlag;
      if (this.#isLive(record)) runs.push(this.#run(record));
    }
    return runs;
  }

  forgetChanges(): void {
    const { words } = this.#records;
    for (const record of this.#changed.take())
      words[record * recordWords + 1] = (words[record * recordWords + 1] as number) & ~changedFlag;
  }

  #markChanged(record: number): void {
    const { words } = this.#records;
    const meta = words[record * recordWords + 1] as number;
    if ((meta & changedFlag) !== 0) return;
    words[record * recordWords + 1] = meta | changedFlag;
    this.#changed.push(record);
  }

  /** Splits an id into instance and number; a number of more than 9 digits is part of the id. */
  #split(eventId: string): void {
    let at = eventId.length - 1;
    let sequence = 0;
    for (let scale = 1; at > 0 && eventId.length - at <= 10; at -= 1, scale *= 10) {
      const digit = eventId.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      sequence += digit * scale;
    }
    const width = eventId.length - 1 - at;
    const isNumbered = width > 0 && width <= 9 && eventId.charCodeAt(at) === 45;
    this.#length = isNumbered ? at + 1 : eventId.length;
    this.#width = isNumbered ? width : 0;
    this.#chunk = isNumbered ? sequence >>> 6 : 0;
    this.bit = isNumbered ? sequence & 63 : 0;
  }

  #hash(eventId: string): number {
    return finishHash(
      hashText(eventId, 0, this.#length, this.#seed),
      Math.imul(this.#chunk * 16 + this.#width, 0x9e3779b1),
    );
  }

  #find(eventId: string, hash: number, at: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = homeSlot(slots, hash); ; slot = (slot + 2) & mask) {
      const entry = slots[slot + 1] as number;
      if (entry === 0) return this.#recall(eventId, hash, at);
      if (slots[slot] === hash && this.#isSame(entry - 1, eventId)) return entry - 1;
    }
  }

  /** Enters a record that is not in memory, as the store has it. */
  #recall(eventId: string, hash: number, at: number): number {
    const record = this.#enter(eventId, hash, at);
    const kept = this.#cold?.store.find(eventId.slice(0, this.#length), this.#width, this.#chunk);
    if (!kept) return record;
    const { words, doubles } = this.#records;
    words[record * recordWords + 4] = kept.low;
    words[record * recordWords + 5] = kept.high;
    doubles[record * 8 + 3] = kept.lastAt;
    return record;
  }

  #isSame(record: number, eventId: string): boolean {
    const { words, bytes } = this.#records;
    const base = record * recordWords;
    const meta = words[base + 1] as number;
    if ((meta & 0xfffff) !== (this.#length | (this.#width << 16)) || words[base + 2] !== this.#chunk) return false;
    if ((meta & (wideFlag | blockFlag)) === 0)
      return sameText(bytes, record * recordBytes + 32, eventId, this.#length, false);
    const inBlock = (meta & blockFlag) !== 0;
    const from = inBlock ? this.#arena.offset(words[base + 8] as number) : record * recordBytes + 32;
    return sameText(inBlock ? this.#arena.bytes : bytes, from, eventId, this.#length, (meta & wideFlag) !== 0);
  }

  #enter(eventId: string, hash: number, at: number): number {
    if (this.#records.isFull) this.#makeRoom(at);
    const record = this.#records.take();
    if (this.#prefixOf === record) this.#prefixOf = none;
    const { words, bytes, doubles } = this.#records;
    const base = record * recordWords;
    const wide = isWide(eventId, this.#length);
    const byteLength = wide ? this.#length * 2 : this.#length;
    const inBlock = byteLength > 32;
    words[base] = hash;
    words[base + 1] =
      ((words[base + 1] as number) & changedFlag) |
      this.#length |
      (this.#width << 16) |
      liveFlag |
      (wide ? wideFlag : 0) |
      (inBlock ? blockFlag : 0);
    words[base + 2] = this.#chunk;
    words[base + 4] = 0;
    words[base + 5] = 0;
    doubles[record * 8 + 3] = at;
    if (inBlock) {
      const block = this.#arena.take(byteLength);
      words[base + 8] = block;
      writeText(this.#arena.bytes, this.#arena.offset(block), eventId, this.#length, wide);
    } else writeText(bytes, record * recordBytes + 32, eventId, this.#length, wide);
    enterSlot(this.#slots, record, hash);
    return record;
  }

  /** Takes back what is forgotten, then what the store has, and grows if that is less than a quarter. */
  #makeRoom(at: number): void {
    this.#dropUpTo(at - this.#horizonMs - 1, true);
    if (this.#hasRoom()) return;
    if (this.#cold && this.#grownBytes() > this.#cold.maxBytes) {
      this.#dropUpTo(Math.min(this.#middleLastAt(), at - this.pinnedMs), false);
      if (this.#hasRoom()) return;
    }
    this.#records.grow();
    this.#slots = regrownSlots(this.#slots, this.#records.capacity);
  }

  #hasRoom(): boolean {
    return this.#records.count * 4 <= this.#records.capacity * 3;
  }

  #grownBytes(): number {
    const { capacity, grownCapacity } = this.#records;
    return Math.ceil((this.byteLength * grownCapacity) / capacity);
  }

  /** Drops the records whose last new id arrived at `lastAt` or before; changed ones too only if asked. */
  #dropUpTo(lastAt: number, changed: boolean): void {
    const { words, doubles } = this.#records;
    for (let record = 0; record < this.#records.end; record += 1) {
      const flags = (words[record * recordWords + 1] as number) & (liveFlag | changedFlag);
      if (flags !== liveFlag && !(changed && (flags & liveFlag) !== 0)) continue;
      if ((doubles[record * 8 + 3] as number) <= lastAt) this.#drop(record);
    }
  }

  /** About half of the records were last used up to this time. */
  #middleLastAt(): number {
    const { end } = this.#records;
    const stride = Math.max(1, Math.floor(end / 1000));
    const times: number[] = [];
    for (let record = 0; record < end; record += stride)
      if (this.#isLive(record)) times.push(this.#records.doubles[record * 8 + 3] as number);
    return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
  }

  #drop(record: number): void {
    this.drops += 1;
    const { words } = this.#records;
    const base = record * recordWords;
    const meta = words[base + 1] as number;
    clearSlot(this.#slots, record, words[base] as number);
    if ((meta & blockFlag) !== 0)
      this.#arena.giveBack(words[base + 8] as number, (meta & 0xffff) * ((meta & wideFlag) === 0 ? 1 : 2));
    // The flag stays as long as the record is in the list of changes.
    words[base + 1] = meta & changedFlag;
    this.#records.giveBack(record);
  }

  #isLive(record: number): boolean {
    return ((this.#records.words[record * recordWords + 1] as number) & liveFlag) !== 0;
  }

  #isForgotten(record: number, at: number): boolean {
    return (this.#records.doubles[record * 8 + 3] as number) < at - this.#horizonMs;
  }

  #run(record: number): SeenRun {
    const { words, doubles } = this.#records;
    const base = record * recordWords;
    return {
      prefix: this.#text(record),
      width: ((words[base + 1] as number) >>> 16) & 0xf,
      chunk: words[base + 2] as number,
      low: words[base + 4] as number,
      high: words[base + 5] as number,
      lastAt: doubles[record * 8 + 3] as number,
    };
  }

  #text(record: number): string {
    const { words, bytes } = this.#records;
    const base = record * recordWords;
    const meta = words[base + 1] as number;
    const inBlock = (meta & blockFlag) !== 0;
    const from = inBlock ? this.#arena.offset(words[base + 8] as number) : record * recordBytes + 32;
    return readText(inBlock ? this.#arena.bytes : bytes, from, meta & 0xffff, (meta & wideFlag) !== 0);
  }
}

interface SeenOptions {
  /** How long an id is remembered after the last new one of its record, milliseconds of arrival. */
  horizonMs: number;
  pinnedMs: number;
  seed: number;
  cold?: ColdSeen | undefined;
}

/** A record and its slots, on average. */
const bytesOfRecord = 88;

const zeros = Array.from({ length: 10 }, (_, length) => '0'.repeat(length));

const wideFlag = 1 << 20;
const blockFlag = 1 << 21;
const liveFlag = 1 << 22;
const changedFlag = 1 << 23;
const plainMask = wideFlag | blockFlag | liveFlag;
