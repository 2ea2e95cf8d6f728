import type { ClickEvent, SessionRow } from '@taphouse/schema';
import { sessionId } from '../engine/session-id.ts';

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
export interface LagSessions {
  readonly window: LagWindow;
  /** Ends what is over at `arrivedAt`, then counts the event, which must not be a copy. Returns what ended. */
  count(event: ClickEvent, arrivedAt: number): readonly SessionRow[];
  /** Ends what is over at `clockAt`, longest silent first. */
  advance(clockAt: number): readonly SessionRow[];
  /** Ends everything. */
  drain(): readonly SessionRow[];
  /** Sessions as they stand, the one with the latest click first; each with the row_id it will end with. */
  openRows(limit: number): SessionRow[];
  /** Sessions going on. */
  readonly size: number;
  snapshot(): Uint8Array;
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

/** Sessions of one visitor going on at once; of more, the longest silent ends early, so that nobody makes us search long. */
const maxPerVisitor = 64;

interface Session {
  row: SessionRow;
  lastArrivedAt: number;
}

interface Snapshot {
  gapMs: number;
  clockAt: number;
  sessions: Session[];
}

class Engine implements LagSessions {
  readonly window: LagWindow;
  /** Sessions of each visitor; nearly always one. */
  readonly #visitors = new Map<string, Session[]>();
  readonly #bySilence = new SilenceList();
  #clockAt = 0;

  constructor(gapMs: number) {
    this.window = { gapMs };
  }

  get size(): number {
    return this.#bySilence.size;
  }

  count(event: ClickEvent, arrivedAt: number): readonly SessionRow[] {
    const ended = this.advance(arrivedAt);
    const visitor = visitorOf(event);
    const open = this.#visitors.get(visitor) ?? [];
    const near = open.filter(({ row }) => this.#isNear(row, event.client_timestamp));
    const joined = near.map(({ row }) => row).reduce(join, this.#rowOf(event));
    for (const session of near) this.#bySilence.remove(session);
    const session = { row: joined, lastArrivedAt: this.#clockAt };
    this.#bySilence.push(session);
    const others = open.filter((other) => !near.includes(other));
    const surplus = others.length < maxPerVisitor ? undefined : others.shift();
    this.#visitors.set(visitor, [...others, session]);
    if (!surplus) return ended;
    this.#bySilence.remove(surplus);
    return [...ended, surplus.row];
  }

  advance(clockAt: number): readonly SessionRow[] {
    if (clockAt > this.#clockAt) this.#clockAt = clockAt;
    return this.#end((session) => session.lastArrivedAt + this.window.gapMs <= this.#clockAt);
  }

  drain(): readonly SessionRow[] {
    return this.#end(() => true);
  }

  openRows(limit: number): SessionRow[] {
    return this.#bySilence.latest(limit).map(({ row }) => ({ ...row }));
  }

  snapshot(): Uint8Array {
    const sessions = this.#bySilence.latest(this.size).toReversed();
    const snapshot: Snapshot = { gapMs: this.window.gapMs, clockAt: this.#clockAt, sessions };
    return new TextEncoder().encode(JSON.stringify(snapshot));
  }

  restore({ gapMs, clockAt, sessions }: Snapshot): void {
    if (gapMs !== this.window.gapMs) return;
    this.#clockAt = clockAt;
    for (const session of sessions) {
      this.#bySilence.push(session);
      const visitor = visitorOf(session.row);
      this.#visitors.set(visitor, [...(this.#visitors.get(visitor) ?? []), session]);
    }
  }

  #end(isOver: (session: Session) => boolean): SessionRow[] {
    const ended: SessionRow[] = [];
    for (let first = this.#bySilence.first; first && isOver(first); first = this.#bySilence.first) {
      this.#bySilence.remove(first);
      this.#forget(first);
      ended.push(first.row);
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

  #rowOf(event: ClickEvent): SessionRow {
    const at = event.client_timestamp;
    return labelled({
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
      row_id: `l${this.window.gapMs}/${event.event_id}`,
    });
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
  return labelled({ ...a, ...points, window_open, row_id, events: a.events + b.events });
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
  readonly #links = new Map<Session, Link>();
  #first: Link | undefined;
  #last: Link | undefined;

  get size(): number {
    return this.#links.size;
  }

  get first(): Session | undefined {
    return this.#first?.session;
  }

  push(session: Session): void {
    const link: Link = { session, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = link;
    else this.#first = link;
    this.#last = link;
    this.#links.set(session, link);
  }

  remove(session: Session): void {
    const link = this.#links.get(session);
    if (!link) return;
    this.#links.delete(session);
    if (link.before) link.before.after = link.after;
    else this.#first = link.after;
    if (link.after) link.after.before = link.before;
    else this.#last = link.before;
  }

  /** The last `limit`, the very last first. */
  latest(limit: number): Session[] {
    const sessions: Session[] = [];
    for (let link = this.#last; link && sessions.length < limit; link = link.before) sessions.push(link.session);
    return sessions;
  }
}

interface Link {
  session: Session;
  before: Link | undefined;
  after: Link | undefined;
}
