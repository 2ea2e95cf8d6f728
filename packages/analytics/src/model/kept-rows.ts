import type { ManifestFile } from '@taphouse/schema';

import type { Connection } from '../connect.ts';
import { loadRows, settleRows } from './load-rows.ts';
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

/** The rows of `aggregated` for the range on screen, read once and kept; later only files that are new are read. */
export class KeptRows {
  rows = new PartialRows();
  readonly #lake: Connection;
  #files = new Set<string>();
  #covered: TimeRange | null = null;

  constructor(lake: Connection) {
    this.#lake = lake;
  }

  /**
   * Sees to it that the rows of a range are here, as the manifest has them now.
   *
   * @returns true if `rows` has changed
   */
  async cover(range: TimeRange, onRows: (rows: number) => void = () => {}): Promise<boolean> {
    const wanted = { fromAt: range.fromAt - reachBackMs, toAt: range.toAt + reachOnMs };
    const covered = this.#covered;
    const inside = covered && covered.fromAt <= wanted.fromAt && covered.toAt >= range.toAt;
    const next = inside ? { fromAt: covered.fromAt, toAt: Math.max(covered.toAt, wanted.toAt) } : wanted;
    const files = this.#filesOf(next);
    const paths = new Set(files.map((file) => file.path));
    if (inside && [...this.#files].every((path) => paths.has(path))) {
      const added = files.filter((file) => !this.#files.has(file.path));
      this.#covered = next;
      if (added.length === 0) return false;
      await this.#load(this.rows, added, onRows);
    } else {
      const rows = new PartialRows();
      await this.#load(rows, files, onRows);
      this.rows = rows;
      this.#covered = next;
    }
    this.#files = paths;
    return true;
  }

  async #load(rows: PartialRows, files: readonly ManifestFile[], onRows: (rows: number) => void): Promise<void> {
    await loadRows(this.#lake, rows, files, onRows);
    await settleRows(this.#lake, rows);
  }

  #filesOf(range: TimeRange): ManifestFile[] {
    const files = this.#lake.manifests().aggregated?.files ?? [];
    return files.filter((file) => file.maxAt >= range.fromAt && file.minAt < range.toAt);
  }
}
