import type { SessionRow } from '@taphouse/schema';
import type { EventHead } from '../line-layout.ts';
import { type StaggerWindow, staggerWindow } from '../stagger-window.ts';
import { LookAhead, batch } from './look-ahead.ts';
import { Names } from './names.ts';
import { NumberQueue } from './number-queue.ts';
import { OpenWindows, beginId, endId, openId, setPlace } from './open-windows.ts';
import { none, recordWords } from './records.ts';
import { type ColdSeen, SeenEvents, type SeenRun, horizonMs } from './seen-events.ts';
import { type SavedWindow, type SnapshotHead, lastHead, latestWindows, readPart, writeSnapshot } from './snapshot.ts';
import { type Tables, idOf, rowOf, savedWindow } from './tables.ts';
import { Visitors } from './visitors.ts';
import type { Window } from '../window.ts';

/** Stagger windows behind a memory of the events seen: turns events, in the order of their arrival, into session rows. */
export interface Sessionizer extends Window {
  readonly window: StaggerWindow;
  /** Closes the windows whose time is up, then counts the event unless it is a copy of one seen. */
  push(event: EventHead, arrivedAt: number): readonly SessionRow[];
  /**
   * Says which events will be pushed next, so that what they need is looked up together. Changes nothing but speed: at
   * hundreds of thousands of windows every look-up is a cache miss, and the machine waits for many at once as long as for one.
   */
  prepare(events: readonly EventHead[]): void;
  stats(): SessionizerStats;
  /** All that is needed to go on, for `restoreSessionizer`. */
  snapshot(): Uint8Array;
  /**
   * What has changed in the memory of events since this was last called, for the `seen` store, which must have it before the
   * next event is pushed. Empty without a store: then snapshots hold the memory too.
   */
  takeSeen(): SeenRun[];
  /** What has changed since the last `snapshot` or `changes`: restored behind those, in order, it is a snapshot of now. */
  changes(): Uint8Array;
}

export interface SessionizerStats {
  openWindows: number;
  /** Visitors (user_id, device_id) with an open window. */
  keys: number;
  /** Events counted, copies not. */
  events: number;
  /** Copies dropped. */
  duplicates: number;
  /** Windows opened after the one of a punctual event had closed: each is one more row to merge. */
  late: number;
  /** Arrival clock, milliseconds since 1970 UTC; 0 before the first event. */
  clockAt: number;
  /** Records of event ids seen: one for each 64 in a row of a page load. */
  seenRecords: number;
  /** Memory of windows, visitors and seen ids, room to grow included. */
  memoryBytes: number;
}

export interface SessionizerOptions {
  /** Most windows open at once; one more closes the oldest early. Default: no bound. */
  maxOpenWindows?: number;
  /** Stirs the hash tables, so that nobody can choose ids that collide. Changes no row. Default 0. */
  hashSeed?: number;
  /** Bounds the memory of events; what has no room is asked of the store. Default: all in memory, and in snapshots. */
  seen?: ColdSeen;
  /** Called for each event that is counted, copies not, with the arrival clock. */
  onCounted?: (event: EventHead, arrivedAt: number) => void;
}

/**
 * Makes an engine with no open window.
 *
 * @param after a drained engine of another configuration, whose clock, counts and memory of events are taken over;
 *   it must not be used again
 * @example
 * const sessionizer = createSessionizer(parseWindow('seconds'));
 * for (const event of decodeEvents(record.data)) rows.push(...sessionizer.push(event, record.arrivedAt));
 * @throws RangeError if `after` has open windows
 */
export function createSessionizer(
  window: StaggerWindow,
  options: SessionizerOptions = {},
  after?: Sessionizer,
): Sessionizer {
  const engine = new Engine(staggerWindow(window), options);
  if (after instanceof Engine) engine.takeOver(after);
  return engine;
}

/**
 * Makes an engine that goes on where the last of `parts` was taken, with the window it had.
 *
 * @param parts a snapshot and the changes since, in order
 * @throws RangeError if there is no part, or one is of a format this version does not know
 */
export function restoreSessionizer(
  parts: readonly Uint8Array[],
  options: Pick<SessionizerOptions, 'hashSeed' | 'onCounted' | 'seen'> = {},
): Sessionizer {
  const head = lastHead(parts);
  const engine = new Engine(staggerWindow(head.window), { ...options, maxOpenWindows: head.maxOpenWindows });
  engine.restore(head, parts);
  return engine;
}

const noRows: readonly SessionRow[] = Object.freeze([]);

class Engine implements Sessionizer {
  readonly window: StaggerWindow;
  readonly configHash: string;
  readonly #maxOpenWindows: number;
  readonly #onCounted: SessionizerOptions['onCounted'];
  readonly #visitors: Visitors;
  readonly #windows: OpenWindows;
  readonly #names = new Names();
  #seen: SeenEvents;
  /** Whether the memory of events is saved apart from snapshots. */
  #hasStore: boolean;
  /** Open windows, oldest first: all have one range, so they close in the order in which they opened. */
  readonly #queue = new NumberQueue();
  /** When the oldest closes. */
  #dueAt = Infinity;
  #nextSerial = 0;
  #clockAt = 0;
  #events = 0;
  #duplicates = 0;
  #late = 0;
  #tables: Tables;
  #ahead: LookAhead;

  constructor(window: StaggerWindow, { maxOpenWindows = Infinity, hashSeed = 0, onCounted, seen }: SessionizerOptions) {
    if (!(maxOpenWindows >= 1))
      throw new RangeError(`sessionizer: maxOpenWindows is ${maxOpenWindows}; give 1 or more`);
    this.window = window;
    this.#maxOpenWindows = maxOpenWindows;
    this.#onCounted = onCounted;
    const bound = maxOpenWindows === Infinity ? '' : `-m${maxOpenWindows}`;
    this.configHash = `s${window.stepMs}-r${window.rangeMs}${bound}`;
    this.#visitors = new Visitors(hashSeed, batch + 1);
    this.#windows = new OpenWindows(window.stepMs);
    this.#hasStore = seen !== undefined;
    this.#seen = new SeenEvents({ horizonMs, pinnedMs: window.rangeMs, seed: hashSeed, cold: seen });
    this.#tables = this.#tablesNow();
    this.#ahead = new LookAhead(this.#tables);
  }

  get size(): number {
    return this.#queue.length;
  }

  push(event: EventHead, arrivedAt: number): readonly SessionRow[] {
    if (arrivedAt > this.#clockAt) this.#clockAt = arrivedAt;
    let rows = this.#clockAt >= this.#dueAt ? this.#closeDue() : noRows;
    const ahead = this.#ahead;
    const isExpected = ahead.next(event);
    const isNew =
      isExpected && ahead.seenRecord !== none
        ? this.#seen.addAt(ahead.seenRecord, ahead.seenBit, this.#clockAt)
        : this.#seen.add(event.event_id, this.#clockAt, this.#seen.hash(event.event_id));
    if (!isNew) {
      this.#duplicates += 1;
      return rows;
    }
    this.#events += 1;
    this.#onCounted?.(event, this.#clockAt);
    const timeagg = Math.floor(event.client_timestamp / this.window.stepMs) * this.window.stepMs;
    const visitor = isExpected
      ? this.#visitors.find(event.user_id, event.device_id, ahead.visitorHash, ahead.place)
      : this.#visitor(event.user_id, event.device_id);
    const window = this.#find(visitor, timeagg);
    if (window !== none) this.#count(window, event, timeagg);
    else {
      const closed = this.#open(visitor, timeagg, event);
      if (closed) rows = [...rows, closed];
    }
    return rows;
  }

  prepare(events: readonly EventHead[]): void {
    this.#ahead.expect(events);
  }

  advance(clockAt: number): readonly SessionRow[] {
    if (clockAt > this.#clockAt) this.#clockAt = clockAt;
    return this.#clockAt >= this.#dueAt ? this.#closeDue() : noRows;
  }

  drain(): readonly SessionRow[] {
    return Array.from({ length: this.#queue.length }, () => this.#closeOldest());
  }

  openRows(limit: number): SessionRow[] {
    const { length } = this.#queue;
    return Array.from({ length: Math.min(limit, length) }, (_, i) =>
      rowOf(this.#tables, this.#queue.at(length - 1 - i), this.configHash),
    );
  }

  stats(): SessionizerStats {
    return {
      openWindows: this.#queue.length,
      keys: this.#visitors.records.count,
      events: this.#events,
      duplicates: this.#duplicates,
      late: this.#late,
      clockAt: this.#clockAt,
      seenRecords: this.#seen.count,
      memoryBytes: this.#visitors.byteLength + this.#windows.byteLength + this.#seen.byteLength,
    };
  }

  snapshot(): Uint8Array {
    const seen = this.#hasStore ? undefined : this.#seen.all(this.#clockAt);
    const all = writeSnapshot(this.#head(), seen, this.#savedAll());
    this.#windows.takeChanged();
    if (seen) this.#seen.forgetChanges();
    return all;
  }

  changes(): Uint8Array {
    const seen = this.#hasStore ? undefined : this.#seen.takeChanges();
    return writeSnapshot(this.#head(), seen, this.#savedChanges());
  }

  takeSeen(): SeenRun[] {
    return this.#hasStore ? this.#seen.takeChanges() : [];
  }

  takeOver(other: Engine): void {
    if (other.#queue.length > 0)
      throw new RangeError(
        `sessionizer: ${other.#queue.length} windows of another configuration are open; drain it first`,
      );
    this.#seen = other.#seen;
    this.#seen.pinnedMs = Math.max(this.#seen.pinnedMs, this.window.rangeMs);
    this.#hasStore = other.#hasStore;
    this.#tables = this.#tablesNow();
    this.#ahead = new LookAhead(this.#tables);
    this.#nextSerial = other.#nextSerial;
    this.#clockAt = other.#clockAt;
    this.#events = other.#events;
    this.#duplicates = other.#duplicates;
    this.#late = other.#late;
  }

  restore(head: SnapshotHead, parts: readonly Uint8Array[]): void {
    this.#clockAt = head.clockAt;
    this.#events = head.events;
    this.#duplicates = head.duplicates;
    this.#late = head.late;
    if (head.seenApart && !this.#hasStore)
      throw new RangeError('snapshot: its memory of events is in a store; give that as seen');
    const windows = parts.flatMap((part) => readPart(part, head, (run) => this.#seen.put(run)));
    for (const window of latestWindows(windows)) this.#reopen(window);
    this.#nextSerial = head.nextSerial;
    this.#windows.takeChanged();
    // With a store, what an older version kept in snapshots is still to be taken.
    if (!this.#hasStore) this.#seen.forgetChanges();
  }

  /** The tables as they are now: the memory of events may be another engine's. */
  #tablesNow(): Tables {
    return {
      visitors: this.#visitors,
      windows: this.#windows,
      names: this.#names,
      seen: this.#seen,
      queue: this.#queue,
      stepMs: this.window.stepMs,
    };
  }

  /** Of an event that was not looked up ahead. */
  #visitor(userId: string, deviceId: string): number {
    return this.#visitors.find(userId, deviceId, this.#visitors.hash(userId, deviceId, batch), batch);
  }

  #find(visitor: number, timeagg: number): number {
    const last = this.#visitors.records.words[visitor * recordWords + 4] as number;
    // Nearly always the next click of a visitor is in the window of the one before.
    if (last !== none && this.#windows.isOf(last, visitor, timeagg)) return last;
    return this.#windows.find(visitor, timeagg);
  }

  /** Opens a window for the event just seen. Returns the row of the oldest if there was no room. */
  #open(visitor: number, timeagg: number, event: EventHead): SessionRow | undefined {
    const visitorBase = visitor * recordWords;
    // Counted before the oldest closes, which may be this visitor's.
    this.#visitors.records.words[visitorBase + 3] = (this.#visitors.records.words[visitorBase + 3] as number) + 1;
    const closed = this.#queue.length >= this.#maxOpenWindows ? this.#closeOldest() : undefined;
    const window = this.#enqueue(visitor, timeagg, this.#clockAt, this.#nextSerial);
    this.#nextSerial = (this.#nextSerial + 1) >>> 0;
    if (this.#clockAt >= timeagg + this.window.stepMs + this.window.rangeMs) this.#late += 1;
    const { record, bit } = this.#seen;
    setPlace(this.#windows.records.words, window * recordWords, openId, record, bit);
    this.#count(window, event, timeagg);
    return closed;
  }

  #enqueue(visitor: number, timeagg: number, openAt: number, serial: number): number {
    const window = this.#windows.open(visitor, timeagg, openAt, serial);
    this.#visitors.records.words[visitor * recordWords + 4] = window;
    if (this.#queue.length === 0) this.#dueAt = openAt + this.window.rangeMs;
    this.#queue.push(window);
    return window;
  }

  /** Counts the event just seen. */
  #count(window: number, event: EventHead, timeagg: number): void {
    if (this.#names.needsSweep) this.#sweepNames();
    const { words } = this.#windows.records;
    const base = window * recordWords;
    const { record, bit } = this.#seen;
    const afterMs = event.client_timestamp - timeagg;
    const isFirst = words[base + 6] === 0;
    words[base + 6] = (words[base + 6] as number) + 1;
    const isBegin = isFirst || this.#isBegin(window, afterMs, event.event_id);
    const isEnd = isFirst || this.#isEnd(window, afterMs, event.event_id);
    const name = isBegin || isEnd ? this.#names.numberOf(event.client_event) : none;
    if (isBegin) {
      words[base + 12] = afterMs;
      words[base + 7] = name;
      setPlace(words, base, beginId, record, bit);
    }
    if (isEnd) {
      words[base + 13] = afterMs;
      words[base + 8] = name;
      setPlace(words, base, endId, record, bit);
    }
    this.#windows.markChanged(window);
  }

  #isBegin(window: number, afterMs: number, eventId: string): boolean {
    const begin = this.#windows.records.words[window * recordWords + 12] as number;
    return afterMs < begin || (afterMs === begin && eventId < idOf(this.#tables, window, beginId));
  }

  #isEnd(window: number, afterMs: number, eventId: string): boolean {
    const end = this.#windows.records.words[window * recordWords + 13] as number;
    return afterMs > end || (afterMs === end && eventId > idOf(this.#tables, window, endId));
  }

  #closeDue(): SessionRow[] {
    const rows: SessionRow[] = [];
    while (this.#dueAt <= this.#clockAt) rows.push(this.#closeOldest());
    return rows;
  }

  #closeOldest(): SessionRow {
    this.#ahead.closed += 1;
    const window = this.#queue.shift();
    const row = rowOf(this.#tables, window, this.configHash);
    const visitor = this.#windows.records.words[window * recordWords] as number;
    this.#windows.close(window);
    const { words } = this.#visitors.records;
    const others = (words[visitor * recordWords + 3] as number) - 1;
    words[visitor * recordWords + 3] = others;
    if (others === 0) this.#visitors.forget(visitor);
    this.#dueAt = this.#queue.length === 0 ? Infinity : this.#openAt(this.#queue.at(0)) + this.window.rangeMs;
    return row;
  }

  #openAt(window: number): number {
    return this.#windows.records.doubles[window * 8 + 2] as number;
  }

  #sweepNames(): void {
    const { words } = this.#windows.records;
    const used = new Set<number>();
    for (let i = 0; i < this.#queue.length; i += 1) {
      const base = this.#queue.at(i) * recordWords;
      used.add(words[base + 7] as number).add(words[base + 8] as number);
    }
    this.#names.sweep(used);
  }

  #head(): SnapshotHead {
    const { length } = this.#queue;
    const first =
      length === 0
        ? this.#nextSerial
        : (this.#windows.records.words[this.#queue.at(0) * recordWords + 1] as number) >>> 0;
    return {
      window: this.window,
      maxOpenWindows: this.#maxOpenWindows,
      clockAt: this.#clockAt,
      events: this.#events,
      duplicates: this.#duplicates,
      late: this.#late,
      nextSerial: this.#nextSerial,
      firstSerial: first,
      seenApart: this.#hasStore,
    };
  }

  *#savedAll(): Generator<SavedWindow> {
    for (let i = 0; i < this.#queue.length; i += 1) yield savedWindow(this.#tables, this.#queue.at(i));
  }

  *#savedChanges(): Generator<SavedWindow> {
    for (const window of this.#windows.takeChanged()) yield savedWindow(this.#tables, window);
  }

  #reopen(saved: SavedWindow): void {
    const { userId, deviceId } = saved;
    const visitor = this.#visitor(userId, deviceId);
    const visitorWords = this.#visitors.records.words;
    visitorWords[visitor * recordWords + 3] = (visitorWords[visitor * recordWords + 3] as number) + 1;
    const window = this.#enqueue(visitor, saved.timeagg, saved.openAt, saved.serial);
    const { words } = this.#windows.records;
    const base = window * recordWords;
    words[base + 6] = saved.events;
    words[base + 7] = this.#names.numberOf(saved.beginName);
    words[base + 8] = this.#names.numberOf(saved.endName);
    words[base + 12] = saved.beginMs;
    words[base + 13] = saved.endMs;
    for (const [id, eventId] of [
      [beginId, saved.beginId],
      [endId, saved.endId],
      [openId, saved.openId],
    ] as const) {
      this.#seen.add(eventId, saved.openAt, this.#seen.hash(eventId));
      setPlace(words, base, id, this.#seen.record, this.#seen.bit);
    }
  }
}
