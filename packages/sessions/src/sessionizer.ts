import { type ClickEvent, type SessionRow, limits } from '@taphouse/schema';
import { type StaggerWindow, staggerWindow } from './stagger-window.ts';

/** Turns events, in the order of their arrival, into session rows. */
export interface Sessionizer {
  readonly window: StaggerWindow;
  /** Names the window and everything else that decides which rows come out; safe in a file name. */
  readonly configHash: string;
  /**
   * Closes the windows whose time is up at `arrivedAt`, then counts the event unless it is a copy of one seen.
   *
   * @param arrivedAt the log's stamp, milliseconds since 1970 UTC; one before the clock counts as the clock
   * @returns the closed rows, in the order of their deadlines
   */
  push(event: ClickEvent, arrivedAt: number): SessionRow[];
  /** Brings the arrival clock forward over silence; closes the windows whose time is up. */
  advance(clockAt: number): SessionRow[];
  /** Closes every window early. Later events of the same keys open new ones, and their rows merge. */
  drain(): SessionRow[];
  /** Rows of the newest open windows as they stand, newest first, with the row_id that the closed row will have. */
  openRows(limit: number): SessionRow[];
  stats(): SessionizerStats;
  /** All that is needed to go on, for `restoreSessionizer`. */
  snapshot(): Uint8Array;
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
}

export interface SessionizerOptions {
  /** Most windows open at once; one more closes the oldest early. Default: no bound. */
  maxOpenWindows?: number;
  /** A snapshot of another configuration, of which only the memory of seen events is taken. */
  seenIn?: Uint8Array;
}

/**
 * Makes an engine with no open window.
 *
 * @example
 * const sessionizer = createSessionizer(parseWindow('seconds'));
 * for (const event of decodeEvents(record.data)) rows.push(...sessionizer.push(event, record.arrivedAt));
 */
export function createSessionizer(window: StaggerWindow, options: SessionizerOptions = {}): Sessionizer {
  const engine = new Engine(staggerWindow(window), options.maxOpenWindows);
  if (options.seenIn) engine.restoreSeen(decodeSnapshot(options.seenIn));
  return engine;
}

/**
 * Makes an engine that goes on where `snapshot` was taken, with the window it had.
 *
 * @throws RangeError if the snapshot is of a format this version does not know
 */
export function restoreSessionizer(snapshot: Uint8Array): Sessionizer {
  const kept = decodeSnapshot(snapshot);
  const engine = new Engine(staggerWindow(kept.window), kept.maxOpenWindows ?? undefined);
  engine.restore(kept);
  return engine;
}

interface OpenWindow {
  key: string;
  openId: string;
  openAt: number;
  timeagg: number;
  userId: string;
  deviceId: string;
  events: number;
  beginAt: number;
  beginId: string;
  beginName: string;
  endAt: number;
  endId: string;
  endName: string;
}

interface Snapshot {
  format: 1;
  window: StaggerWindow;
  maxOpenWindows: number | null;
  open: OpenWindow[];
  seen: [string, number][];
  counts: { events: number; duplicates: number; late: number; clockAt: number };
}

const horizonMs = limits.maxAgeMs + limits.maxAheadMs;

class Engine implements Sessionizer {
  readonly window: StaggerWindow;
  readonly configHash: string;
  readonly #maxOpenWindows: number;
  readonly #open = new Map<string, OpenWindow>();
  readonly #visitors = new Map<string, number>();
  /** Oldest first from #first on: all windows have one range, so they close in the order they opened. */
  #queue: OpenWindow[] = [];
  #first = 0;
  readonly #seen = new Map<string, number>();
  #counts: Snapshot['counts'] = { events: 0, duplicates: 0, late: 0, clockAt: 0 };

  constructor(window: StaggerWindow, maxOpenWindows = Infinity) {
    if (!(maxOpenWindows >= 1))
      throw new RangeError(`sessionizer: maxOpenWindows is ${maxOpenWindows}; give 1 or more`);
    this.window = window;
    this.#maxOpenWindows = maxOpenWindows;
    const bound = maxOpenWindows === Infinity ? '' : `-m${maxOpenWindows}`;
    this.configHash = `s${window.stepMs}-r${window.rangeMs}${bound}`;
  }

  push(event: ClickEvent, arrivedAt: number): SessionRow[] {
    const rows = this.advance(arrivedAt);
    if (this.#isCopy(event.event_id)) {
      this.#counts.duplicates += 1;
      return rows;
    }
    this.#counts.events += 1;
    const timeagg = Math.floor(event.client_timestamp / this.window.stepMs) * this.window.stepMs;
    const key = JSON.stringify([event.user_id, event.device_id, timeagg]);
    const window = this.#open.get(key);
    if (window) count(window, event);
    else {
      if (this.#open.size >= this.#maxOpenWindows) rows.push(this.#closeOldest());
      this.#openWindow(key, timeagg, event);
    }
    return rows;
  }

  advance(clockAt: number): SessionRow[] {
    if (clockAt > this.#counts.clockAt) this.#counts.clockAt = clockAt;
    const rows: SessionRow[] = [];
    const dueAt = this.#counts.clockAt - this.window.rangeMs;
    while ((this.#queue[this.#first]?.openAt ?? Infinity) <= dueAt) rows.push(this.#closeOldest());
    this.#forgetSeen();
    return rows;
  }

  drain(): SessionRow[] {
    const rows: SessionRow[] = [];
    while (this.#open.size > 0) rows.push(this.#closeOldest());
    return rows;
  }

  openRows(limit: number): SessionRow[] {
    const from = Math.max(this.#first, this.#queue.length - limit);
    return this.#queue
      .slice(from)
      .toReversed()
      .map((window) => this.#row(window));
  }

  stats(): SessionizerStats {
    return { openWindows: this.#open.size, keys: this.#visitors.size, ...this.#counts };
  }

  snapshot(): Uint8Array {
    const snapshot: Snapshot = {
      format: 1,
      window: this.window,
      maxOpenWindows: this.#maxOpenWindows === Infinity ? null : this.#maxOpenWindows,
      open: this.#queue.slice(this.#first),
      seen: [...this.#seen],
      counts: this.#counts,
    };
    return new TextEncoder().encode(JSON.stringify(snapshot));
  }

  restore(kept: Snapshot): void {
    this.restoreSeen(kept);
    this.#counts = kept.counts;
    for (const window of kept.open) this.#keep(window);
  }

  restoreSeen(kept: Snapshot): void {
    for (const [id, at] of kept.seen) this.#seen.set(id, at);
    this.#counts.clockAt = kept.counts.clockAt;
  }

  #isCopy(eventId: string): boolean {
    if (this.#seen.has(eventId)) return true;
    this.#seen.set(eventId, this.#counts.clockAt);
    return false;
  }

  /** A copy that comes later than this is older than the collector takes. */
  #forgetSeen(): void {
    const before = this.#counts.clockAt - horizonMs;
    for (const [id, at] of this.#seen) {
      if (at >= before) return;
      this.#seen.delete(id);
    }
  }

  #openWindow(key: string, timeagg: number, event: ClickEvent): void {
    const { clockAt } = this.#counts;
    if (clockAt >= timeagg + this.window.stepMs + this.window.rangeMs) this.#counts.late += 1;
    this.#keep({
      key,
      openId: event.event_id,
      openAt: clockAt,
      timeagg,
      userId: event.user_id,
      deviceId: event.device_id,
      events: 1,
      beginAt: event.client_timestamp,
      beginId: event.event_id,
      beginName: event.client_event,
      endAt: event.client_timestamp,
      endId: event.event_id,
      endName: event.client_event,
    });
  }

  #keep(window: OpenWindow): void {
    this.#open.set(window.key, window);
    this.#queue.push(window);
    const visitor = visitorOf(window);
    this.#visitors.set(visitor, (this.#visitors.get(visitor) ?? 0) + 1);
  }

  #closeOldest(): SessionRow {
    const window = this.#queue[this.#first] as OpenWindow;
    this.#first += 1;
    if (this.#first > 1024 && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    this.#open.delete(window.key);
    const visitor = visitorOf(window);
    const others = (this.#visitors.get(visitor) ?? 1) - 1;
    if (others === 0) this.#visitors.delete(visitor);
    else this.#visitors.set(visitor, others);
    return this.#row(window);
  }

  #row(window: OpenWindow): SessionRow {
    return {
      session_id: sessionId(window.userId, window.deviceId, window.timeagg),
      user_id: window.userId,
      device_id: window.deviceId,
      timeagg: window.timeagg,
      events: window.events,
      beginnavigation: window.beginName,
      endnavigation: window.endName,
      beginsession: window.beginAt,
      endsession: window.endAt,
      duration_sec: Math.floor((window.endAt - window.beginAt) / 1000),
      begin_event_id: window.beginId,
      end_event_id: window.endId,
      window_open: window.openAt,
      // An event opens one window at most, because its copies are not counted.
      row_id: `${this.configHash}/${window.openId}`,
    };
  }
}

/**
 * The article's label of a session: user, first 3 characters of the device, unix seconds of `timeagg`, in capitals.
 * Only ASCII letters are raised, so that every engine writes the same label.
 */
export function sessionId(userId: string, deviceId: string, timeagg: number): string {
  const device = /^.{0,3}/su.exec(deviceId)?.[0] ?? '';
  const label = `${userId}_${device}${Math.floor(timeagg / 1000)}`;
  return label.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function count(window: OpenWindow, event: ClickEvent): void {
  window.events += 1;
  const at = event.client_timestamp;
  if (at < window.beginAt || (at === window.beginAt && event.event_id < window.beginId)) {
    window.beginAt = at;
    window.beginId = event.event_id;
    window.beginName = event.client_event;
  }
  if (at > window.endAt || (at === window.endAt && event.event_id > window.endId)) {
    window.endAt = at;
    window.endId = event.event_id;
    window.endName = event.client_event;
  }
}

function visitorOf({ userId, deviceId }: OpenWindow): string {
  return JSON.stringify([userId, deviceId]);
}

function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const snapshot = JSON.parse(new TextDecoder().decode(bytes)) as Snapshot;
  if (snapshot.format !== 1)
    throw new RangeError(
      `snapshot: format ${String(snapshot.format)}, this version reads 1; start the version that wrote it`,
    );
  return snapshot;
}
