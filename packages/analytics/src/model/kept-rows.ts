import type { ManifestFile, SessionRow } from '@taphouse/schema';

import type { Connection } from '../connect.ts';
import { type LoadOptions, loadRows, rowNumbers, settleRows, type TieIds } from './load-rows.ts';
import { PartialRows } from './partial-rows.ts';
import type { TimeRange } from './tally.ts';

const hourMs = 3_600_000;
/**
 * Rows from this long before a range are read too, so that a session that began before it is known as one.
 * It is the longest session length that may be asked for.
 */
export const reachBackMs = 4 * hourMs;
/** Rows from this long after a range are read too, so that sessions that begin in it are whole. */
const reachOnMs = 24 * hourMs;
/** Above this many rows live ones wait for their file: putting them in order takes longer than that is worth. */
const mostRowsWithLive = 300_000;
/** A live row that no file has after this long is forgotten: its window may have been erased. */
const liveMs = 10 * 60_000;

interface LiveRow {
  row: SessionRow;
  heardAt: number;
}

/** When the rows lie that the sessions of a range are made of. */
export function aroundRange({ fromAt, toAt }: TimeRange): TimeRange {
  return { fromAt: fromAt - reachBackMs, toAt: toAt + reachOnMs };
}

/** The rows of `aggregated` for the range on screen, read once and kept; later only files that are new are read. */
export class KeptRows {
  rows = new PartialRows();
  readonly #lake: Connection;
  #files = new Set<string>();
  #covered: TimeRange | null = null;
  /** Closed windows that were told of since the last reading, by their row_id. */
  readonly #heard = new Map<string, LiveRow>();
  /** Those told of before it that no file had then, by their numbers. */
  readonly #live = new Map<number, LiveRow>();
  /** Those of them that are among `rows`. */
  #shown = new Set<number>();
  #last: Promise<void> = Promise.resolve();
  /** How many readings were asked for. */
  #asked = 0;
  /** Event ids of rows that share a millisecond, as far as they were asked for. */
  readonly #ids: TieIds = new Map();

  constructor(lake: Connection) {
    this.#lake = lake;
  }

  /** Takes in closed windows from the live side, to be counted until their file is read. */
  hear(rows: readonly SessionRow[], nowMs: number): void {
    for (const row of rows) this.#heard.set(row.row_id, { row, heardAt: nowMs });
  }

  /**
   * Sees to it that the rows of a range are here, as the manifest has them now, and the live ones with them. A newer
   * reading waits for the one under way, which soon gives up: the rows on screen are those asked for last.
   *
   * @throws AbortError if a newer one was asked for
   */
  cover(range: TimeRange, nowMs: number, options: LoadOptions = {}): Promise<void> {
    this.#asked += 1;
    const own = this.#asked;
    const goOn = (): void => {
      if (own !== this.#asked) throw new DOMException('another range was asked for', 'AbortError');
    };
    const onRows = (rows: number): void => {
      goOn();
      options.onRows?.(rows);
    };
    const done = this.#last.then(() => {
      goOn();
      return this.#coverNow(range, nowMs, { ...options, onRows });
    });
    this.#last = done.catch(() => {});
    return done;
  }

  async #coverNow(range: TimeRange, nowMs: number, options: LoadOptions): Promise<void> {
    const wanted = aroundRange(range);
    const covered = this.#covered;
    const inside = covered && covered.fromAt <= wanted.fromAt && covered.toAt >= range.toAt;
    const next = inside ? { fromAt: covered.fromAt, toAt: Math.max(covered.toAt, wanted.toAt) } : wanted;
    const files = this.#filesOf(next);
    const paths = new Set(files.map((file) => file.path));
    const onlyMore = inside && [...this.#files].every((path) => paths.has(path));
    const rows = onlyMore ? this.rows : new PartialRows();
    const added = onlyMore ? files.filter((file) => !this.#files.has(file.path)) : files;
    if (onlyMore) rows.drop((id) => this.#shown.has(id));
    // A reading that fails leaves rows that are neither the old nor the new: the next one begins afresh.
    this.#covered = null;
    this.#shown = new Set();
    await this.#numberHeard(options);
    await loadRows(this.#lake, rows, added, options);
    this.#addLive(rows, next, nowMs);
    await settleRows(this.#lake, rows, this.#ids, options);
    this.rows = rows;
    this.#covered = next;
    this.#files = paths;
  }

  async #numberHeard(options: LoadOptions): Promise<void> {
    const heard = [...this.#heard];
    const numbers = await rowNumbers(
      this.#lake,
      heard.map(([rowId]) => rowId),
      options,
    );
    for (const [index, [rowId, live]] of heard.entries()) {
      this.#live.set(numbers[index]!, live);
      this.#heard.delete(rowId);
    }
  }

  /** Adds the live rows that no file has brought by now. */
  #addLive(rows: PartialRows, range: TimeRange, nowMs: number): void {
    for (let row = 0; row < rows.length && this.#live.size > 0; row += 1) this.#live.delete(rows.id[row] ?? 0);
    for (const [id, { row, heardAt }] of this.#live) {
      if (nowMs - heardAt > liveMs) this.#live.delete(id);
      else if (rows.length < mostRowsWithLive && row.timeagg >= range.fromAt && row.timeagg < range.toAt) {
        rows.addLive(row, id);
        this.#shown.add(id);
        this.#ids.set(id, { begin: row.begin_event_id, end: row.end_event_id });
      }
    }
  }

  #filesOf(range: TimeRange): ManifestFile[] {
    const files = this.#lake.manifests().aggregated?.files ?? [];
    return files.filter((file) => file.maxAt >= range.fromAt && file.minAt < range.toAt);
  }
}
