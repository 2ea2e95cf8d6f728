import type { ManifestFile, SessionRow } from '@taphouse/schema';

import { type Connection, connect, type RunOptions, type ConnectOptions } from '../connect.ts';
import { KeptEvents } from '../model/kept-events.ts';
import { aroundRange, KeptRows } from '../model/kept-rows.ts';
import type { LoadOptions } from '../model/load-rows.ts';
import { sessionCurve } from '../model/session-curve.ts';
import { type SessionLength, type Sessions, sessionize } from '../model/sessionize.ts';
import { type Picture, tally, type TallyOptions, type TimeRange } from '../model/tally.ts';
import type { Ask, Question } from '../sql/question.ts';
import { lengthsFrom } from './session-lengths.ts';
import { rangeBefore, rangeOf, type ViewState } from './view-state.ts';

/** All that the dashboard shows for one view. */
export interface Seen {
  /** The sessions counted, for the questions behind the tiles. */
  ask: Ask;
  picture: Picture;
  /** The period before, where the view compares. */
  before: Picture | null;
  /** How far the period before is shifted to lie under this one, milliseconds. */
  shiftMs: number;
  /** Sessions for each of `lengthsFrom(stepMs)`. */
  curve: number[];
  /** Rows gone through, and how long it took. */
  rows: number;
  tookMs: number;
}

const dayMs = 86_400_000;
/** A row may have come this long after its events, as the collector's limits have it, and its clock be this far ahead. */
const lateMs = 8 * dayMs;
const standardStepMs = 30_000;

/** The lake as a dashboard needs it: rows kept in the page, counted again for each view. */
export class DashboardData {
  readonly lake: Connection;
  readonly #kept: KeptRows;
  readonly #events: KeptEvents;
  #made: { of: unknown; length: SessionLength; sessions: Sessions } | null = null;
  #curve: { of: unknown; range: TimeRange; counts: number[] } | null = null;
  /** The time that "the last 24 hours" counts back from. */
  #nowAt = Date.now();

  private constructor(lake: Connection) {
    this.lake = lake;
    this.#kept = new KeptRows(lake);
    this.#events = new KeptEvents(lake);
  }

  /** @param view what will be read first: its files come while the database starts */
  static async open(options: ConnectOptions, view: ViewState): Promise<DashboardData> {
    const ahead = { aggregated: aroundRange(wholeRange(view, Date.now())) };
    return new DashboardData(await connect({ ...options, ahead }));
  }

  /** True where the lake has never had a session. */
  get empty(): boolean {
    return (this.lake.manifests().aggregated?.files.length ?? 0) === 0;
  }

  /** The step of the rows: the shortest session length that can be asked. */
  get stepMs(): number {
    const steps = this.lake.manifests().aggregated?.files.map((file) => file.stepMs ?? standardStepMs) ?? [];
    return Math.max(...(steps.length > 0 ? steps : [standardStepMs]));
  }

  /** Names of events seen first or last in a session. */
  get names(): readonly string[] {
    return this.#kept.rows.names.names;
  }

  /** Reads what the view needs and is not here yet. */
  async read(view: ViewState, options: LoadOptions = {}): Promise<void> {
    this.#nowAt = Date.now();
    const whole = wholeRange(view, this.#nowAt);
    await this.#kept.cover(whole, this.#nowAt, options);
    const { type, event } = view.filters;
    if (type !== undefined) await this.#events.readTypes(eventsAround(whole), options);
    if (event === undefined) return;
    await this.#events.readTimes(event, { range: eventsAround(whole), rows: this.#kept.rows, ...options });
  }

  /** Reads which device is of which type, which the first numbers do not wait for. True if more is known now. */
  async readTypes(view: ViewState, options: RunOptions = {}): Promise<boolean> {
    return this.#events.readTypes(eventsAround(rangeOf(view.range, this.#nowAt)), options);
  }

  /** True if the view can be counted at once, from what is here. */
  has(view: ViewState): boolean {
    const { event } = view.filters;
    return event === undefined || this.#events.timesOf(event, this.#kept.rows) !== undefined;
  }

  /** Events that a question about this range would go through, copies and a day before and after included. */
  eventsIn(range: TimeRange): number {
    return this.#eventFiles(range).reduce((sum, file) => sum + file.rows, 0);
  }

  #eventFiles(range: TimeRange): readonly ManifestFile[] {
    const { fromAt, toAt } = eventsAround(range);
    const files = this.lake.manifests().rawdata?.files ?? [];
    return files.filter((file) => file.maxAt >= fromAt && file.minAt < toAt);
  }

  /** Takes in windows that have just closed: the next reading counts them, until their file does. */
  hear(rows: readonly SessionRow[]): void {
    this.#kept.hear(rows, Date.now());
  }

  /** Counts the view over the rows that are here. */
  see(view: ViewState): Seen {
    const startedAt = performance.now();
    const { rows } = this.#kept;
    const range = rangeOf(view.range, this.#nowAt);
    const { length, filters } = view;
    const picture = this.#count(view, { range });
    return {
      ask: { ...range, length, filters },
      picture,
      ...this.#before(view, range, picture.bucketMs),
      curve: this.#curveOf(range),
      rows: rows.length,
      tookMs: performance.now() - startedAt,
    };
  }

  #count({ length, filters }: ViewState, options: Pick<TallyOptions, 'range' | 'bucketMs'>): Picture {
    const { rows } = this.#kept;
    const eventTimes = this.#events.timesOf(filters.event, rows);
    return tally(rows, this.#sessionsOf(length), {
      ...options,
      filters,
      deviceTypes: this.#events.types,
      ...(eventTimes ? { eventTimes } : {}),
    });
  }

  /** A filter changes no session, so they are made once a length. */
  #sessionsOf(length: SessionLength): Sessions {
    const { rows } = this.#kept;
    if (this.#made?.of === rows.key && this.#made.length === length) return this.#made.sessions;
    const sessions = sessionize(rows, length, this.#made?.sessions);
    this.#made = { of: rows.key, length, sessions };
    return sessions;
  }

  #before(view: ViewState, range: TimeRange, bucketMs: number): Pick<Seen, 'before' | 'shiftMs'> {
    if (!view.compare || range.fromAt <= 0) return { before: null, shiftMs: 0 };
    const before = rangeBefore(view.range, this.#nowAt);
    return { before: this.#count(view, { range: before, bucketMs }), shiftMs: range.fromAt - before.fromAt };
  }

  /** The curve does not change with the length, so it is counted once a range. */
  #curveOf(range: TimeRange): number[] {
    const { rows } = this.#kept;
    const known = this.#curve;
    if (known?.of === rows.key && known.range.fromAt === range.fromAt && known.range.toAt === range.toAt) {
      return known.counts;
    }
    const counts = sessionCurve(rows, range, lengthsFrom(this.stepMs));
    this.#curve = { of: rows.key, range, counts };
    return counts;
  }

  /** Asks a question of the tables, which opens only the files of the time it is about. */
  async ask<Row>(question: Question, range: TimeRange, options: RunOptions = {}): Promise<Row[]> {
    await this.lake.fetchFiles('rawdata', this.#eventFiles(range));
    return this.lake.query<Row>(question.sql, question.values, { ...options, focus: eventsAround(range) });
  }

  async close(): Promise<void> {
    await this.lake.close();
  }
}

/** The range of a view, with the period before where it is compared. */
function wholeRange({ range, compare }: ViewState, nowMs: number): TimeRange {
  const { fromAt, toAt } = rangeOf(range, nowMs);
  return { fromAt: compare && fromAt > 0 ? rangeBefore(range, nowMs).fromAt : fromAt, toAt };
}

/** When the rows of `rawdata` may have been received whose events lie in a range. */
function eventsAround({ fromAt, toAt }: TimeRange): TimeRange {
  return { fromAt: fromAt - dayMs, toAt: toAt + lateMs };
}
