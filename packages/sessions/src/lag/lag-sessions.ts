import type { SessionRow } from '@taphouse/schema';
import type { EventHead } from '../line-layout.ts';
import { sessionId } from '../engine/session-id.ts';
import type { Window } from '../window.ts';

/** A lag window: a session is over when nothing more of it has arrived for `gapMs`. */
export interface LagWindow {
  /** Longest distance between neighbouring clicks of a session, and the silence that ends it; milliseconds. */
  readonly gapMs: number;
}

/**
 * Sessions of visitors as they go on: what is known live, while the rows of stagger windows are what is kept.
 * Clicks at most `gapMs` apart by event time are one session; a late click may join two. A session ends `gapMs`
 * after its last click arrived. If a click of it comes even later, it is another row, and `sessions_within(gap)`
 * merges the two as it merges any rows.
 */
export interface LagSessions extends Window {
  readonly window: LagWindow;
}

/**
 * Makes an engine for lag windows; `from` is a snapshot to go on from, of the same window or it is not used.
 *
 * @throws RangeError if `gapMs` is not a whole number of milliseconds from 1 to 86,400,000 (a day)
 */
export function createLagSessions({ gapMs }: LagWindow, from?: Uint8Array): LagSessions {
  if (!Number.isSafeInteger(gapMs) || gapMs < 1 || gapMs > 86_400_000)
    throw new RangeError(`lag window: gapMs is ${gapMs}; give whole milliseconds from 1 to 86400000`);
  const engine = new Engine(gapMs);
  if (from) engine.restore(JSON.parse(new TextDecoder().decode(from)) as Snapshot);
  return engine;
}

const noRows: readonly SessionRow[] = Object.freeze([]);

/** Sessions of one visitor going on at once; of more, the longest silent ends early, so that nobody makes us search long. */
const maxPerVisitor = 64;

/** A session going on, in the order of silence. */
interface Session {
  /** As far as events tell; what follows from begin and end is written when the row leaves. */
  row: SessionRow;
  lastArrivedAt: number;
  before: Session | undefined;
  after: Session | undefined;
}

interface Snapshot {
  gapMs: number;
  clockAt: number;
  sessions: Pick<Session, 'row' | 'lastArrivedAt'>[];
}

class Engine implements LagSessions {
  readonly window: LagWindow;
  readonly configHash: string;
  /** Sessions of each visitor; nearly always one. */
  readonly #visitors = new Map<string, Session[]>();
  readonly #bySilence = new SilenceList();
  #clockAt = 0;

  constructor(gapMs: number) {
    this.window = { gapMs };
    this.configHash = `l${gapMs}`;
  }

  get size(): number {
    return this.#bySilence.size;
  }

  push(event: EventHead, arrivedAt: number): readonly SessionRow[] {
    const ended = this.advance(arrivedAt);
    const visitor = visitorOf(event);
    const open = this.#visitors.get(visitor);
    const only = open?.length === 1 ? open[0] : undefined;
    if (!only || !this.#isNear(only.row, event.client_timestamp)) {
      const surplus = this.#joinAll(visitor, open ?? [], event);
      return surplus ? [...ended, surplus] : ended;
    }
    count(only.row, event);
    only.lastArrivedAt = this.#clockAt;
    this.#bySilence.remove(only);
    this.#bySilence.push(only);
    return ended;
  }

  advance(clockAt: number): readonly SessionRow[] {
    if (clockAt > this.#clockAt) this.#clockAt = clockAt;
    const first = this.#bySilence.first;
    return first && first.lastArrivedAt + this.window.gapMs <= this.#clockAt ? this.#end(this.#clockAt) : noRows;
  }

  drain(): readonly SessionRow[] {
    return this.#end(Infinity);
  }

  openRows(limit: number): SessionRow[] {
    return this.#bySilence.latest(limit).map(({ row }) => labelled({ ...row }));
  }

  snapshot(): Uint8Array {
    const latest = this.#bySilence.latest(this.size).toReversed();
    const sessions = latest.map(({ row, lastArrivedAt }) => ({ row, lastArrivedAt }));
    const snapshot: Snapshot = { gapMs: this.window.gapMs, clockAt: this.#clockAt, sessions };
    return new TextEncoder().encode(JSON.stringify(snapshot));
  }

  restore({ gapMs, clockAt, sessions }: Snapshot): void {
    if (gapMs !== this.window.gapMs) return;
    this.#clockAt = clockAt;
    for (const { row, lastArrivedAt } of sessions) {
      const visitor = visitorOf(row);
      this.#visitors.set(visitor, [
        ...(this.#visitors.get(visitor) ?? []),
        this.#bySilence.pushNew(row, lastArrivedAt),
      ]);
    }
  }

  /** Makes one session of the event and all that are near it. Returns a row if the visitor has too many. */
  #joinAll(visitor: string, open: readonly Session[], event: EventHead): SessionRow | undefined {
    const near = open.filter(({ row }) => this.#isNear(row, event.client_timestamp));
    const joined = near.map(({ row }) => row).reduce(join, this.#rowOf(event));
    for (const session of near) this.#bySilence.remove(session);
    const session = this.#bySilence.pushNew(joined, this.#clockAt);
    const others = open.filter((other) => !near.includes(other));
    const surplus = others.length < maxPerVisitor ? undefined : others.shift();
    this.#visitors.set(visitor, [...others, session]);
    if (!surplus) return undefined;
    this.#bySilence.remove(surplus);
    return labelled(surplus.row);
  }

  /** Ends the sessions whose time is up at `clockAt`. */
  #end(clockAt: number): SessionRow[] {
    const { gapMs } = this.window;
    const ended: SessionRow[] = [];
    for (
      let first = this.#bySilence.first;
      first && first.lastArrivedAt + gapMs <= clockAt;
      first = this.#bySilence.first
    ) {
      this.#bySilence.remove(first);
      this.#forget(first);
      ended.push(labelled(first.row));
    }
    return ended;
  }

  #forget(session: Session): void {
    const visitor = visitorOf(session.row);
    const others = this.#visitors.get(visitor)?.filter((other) => other !== session) ?? [];
    if (others.length === 0) this.#visitors.delete(visitor);
    else this.#visitors.set(visitor, others);
  }

  /** An exact gap included. */
  #isNear(row: SessionRow, at: number): boolean {
    return at >= row.beginsession - this.window.gapMs && at <= row.endsession + this.window.gapMs;
  }

  #rowOf(event: EventHead): SessionRow {
    const at = event.client_timestamp;
    return {
      session_id: '',
      user_id: event.user_id,
      device_id: event.device_id,
      timeagg: 0,
      events: 1,
      beginnavigation: event.client_event,
      endnavigation: event.client_event,
      beginsession: at,
      endsession: at,
      duration_sec: 0,
      begin_event_id: event.event_id,
      end_event_id: event.event_id,
      window_open: this.#clockAt,
      row_id: `${this.configHash}/${event.event_id}`,
    };
  }
}

/** Counts one more event of a session. */
function count(row: SessionRow, { client_timestamp: at, event_id, client_event }: EventHead): void {
  row.events += 1;
  if (isBefore(at, event_id, row.beginsession, row.begin_event_id)) {
    row.beginsession = at;
    row.begin_event_id = event_id;
    row.beginnavigation = client_event;
  } else if (!isBefore(at, event_id, row.endsession, row.end_event_id)) {
    row.endsession = at;
    row.end_event_id = event_id;
    row.endnavigation = client_event;
  }
}

/** Merges two rows of one session: the one opened first gives the row_id. */
function join(a: SessionRow, b: SessionRow): SessionRow {
  const begin = isBefore(a.beginsession, a.begin_event_id, b.beginsession, b.begin_event_id) ? a : b;
  const end = isBefore(a.endsession, a.end_event_id, b.endsession, b.end_event_id) ? b : a;
  const older = isBefore(a.window_open, a.row_id, b.window_open, b.row_id) ? a : b;
  const { beginnavigation, beginsession, begin_event_id } = begin;
  const { endnavigation, endsession, end_event_id } = end;
  const { window_open, row_id } = older;
  const points = { beginnavigation, beginsession, begin_event_id, endnavigation, endsession, end_event_id };
  return { ...a, ...points, window_open, row_id, events: a.events + b.events };
}

/** With what follows from begin and end. */
function labelled(row: SessionRow): SessionRow {
  row.timeagg = Math.floor(row.beginsession / 1000) * 1000;
  row.session_id = sessionId(row.user_id, row.device_id, row.timeagg);
  row.duration_sec = Math.floor((row.endsession - row.beginsession) / 1000);
  return row;
}

function isBefore(atA: number, idA: string, atB: number, idB: string): boolean {
  return atA < atB || (atA === atB && idA < idB);
}

function visitorOf({ user_id, device_id }: { user_id: string; device_id: string }): string {
  return `${user_id.length} ${user_id}${device_id}`;
}

/**
 * Sessions in the order of their last arrival, longest silent first. Every arrival puts its session last, so with one gap
 * for all the next to end is always the first: no timer wheel is needed, and each step takes the same time at any size.
 */
class SilenceList {
  first: Session | undefined;
  size = 0;
  #last: Session | undefined;

  pushNew(row: SessionRow, lastArrivedAt: number): Session {
    const session: Session = { row, lastArrivedAt, before: undefined, after: undefined };
    this.push(session);
    return session;
  }

  /** Puts a session last that is not in the list. */
  push(session: Session): void {
    session.before = this.#last;
    session.after = undefined;
    if (this.#last) this.#last.after = session;
    else this.first = session;
    this.#last = session;
    this.size += 1;
  }

  remove(session: Session): void {
    const { before, after } = session;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.#last = before;
    this.size -= 1;
  }

  /** The last `limit`, the very last first. */
  latest(limit: number): Session[] {
    const sessions: Session[] = [];
    for (let session = this.#last; session && sessions.length < limit; session = session.before) sessions.push(session);
    return sessions;
  }
}
