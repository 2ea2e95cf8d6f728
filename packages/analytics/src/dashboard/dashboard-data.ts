import type { SessionRow } from '@taphouse/schema';

import { type Connection, connect } from '../connect.ts';
import { KeptRows } from '../model/kept-rows.ts';
import { sessionCurve } from '../model/session-curve.ts';
import { type Sessions, sessionize } from '../model/sessionize.ts';
import { type Picture, tally, type TimeRange } from '../model/tally.ts';
import type { Ask, Question } from '../sql/question.ts';
import { lengthsFrom } from './length-slider.ts';
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
  #sessions: Sessions | undefined;
  #curve: { of: unknown; range: TimeRange; counts: number[] } | null = null;
  /** The time that "the last 24 hours" counts back from. */
  #nowAt = Date.now();

  private constructor(lake: Connection) {
    this.lake = lake;
    this.#kept = new KeptRows(lake);
  }

  static async open(url: string, onBytes: (loaded: number, total: number) => void): Promise<DashboardData> {
    return new DashboardData(await connect({ lake: url, onBytes }));
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
  async read(view: ViewState, onRows: (rows: number) => void): Promise<void> {
    this.#nowAt = Date.now();
    const range = rangeOf(view.range, this.#nowAt);
    const fromAt = view.compare && range.fromAt > 0 ? rangeBefore(view.range, this.#nowAt).fromAt : range.fromAt;
    await this.#kept.cover({ fromAt, toAt: range.toAt }, this.#nowAt, onRows);
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
    this.#sessions = sessionize(rows, length, this.#sessions);
    const picture = tally(rows, this.#sessions, { range, filters });
    return {
      ask: { ...range, length, filters },
      picture,
      ...this.#before(view, range, picture.bucketMs),
      curve: this.#curveOf(range),
      rows: rows.length,
      tookMs: performance.now() - startedAt,
    };
  }

  #before(view: ViewState, range: TimeRange, bucketMs: number): Pick<Seen, 'before' | 'shiftMs'> {
    if (!view.compare || range.fromAt <= 0 || !this.#sessions) return { before: null, shiftMs: 0 };
    const before = rangeBefore(view.range, this.#nowAt);
    return {
      before: tally(this.#kept.rows, this.#sessions, { range: before, filters: view.filters, bucketMs }),
      shiftMs: range.fromAt - before.fromAt,
    };
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
  async ask<Row>(question: Question, range: TimeRange): Promise<Row[]> {
    const wide = { fromAt: range.fromAt - dayMs, toAt: range.toAt + lateMs };
    const files = this.lake.manifests().rawdata?.files ?? [];
    const wanted = files.filter((file) => file.maxAt >= wide.fromAt && file.minAt < wide.toAt);
    await this.lake.fetchFiles('rawdata', wanted);
    await this.lake.focus(wide);
    return this.lake.query<Row>(question.sql, question.values);
  }

  async close(): Promise<void> {
    await this.lake.close();
  }
}
