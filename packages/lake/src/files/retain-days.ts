import { dayMs, dayOf } from './day-files.ts';
import { type Room, changeTable, tableNames } from './room.ts';

/** How long each table is kept; a table not named is kept for good. */
export interface RetainOptions {
  /** Days that ended at or before this time go from `rawdata`, milliseconds since 1970 UTC. */
  rawdataBefore?: number;
  /** The same for `aggregated`. */
  aggregatedBefore?: number;
}

export interface RetainReport {
  /** Files dropped; they are deleted once no reader of an older manifest can want them. */
  files: number;
  rows: number;
}

/** Drops whole days. */
export async function retainDays(room: Room, options: RetainOptions): Promise<RetainReport> {
  const report = { files: 0, rows: 0 };
  for (const table of tableNames) {
    const before = options[`${table}Before`];
    if (before === undefined) continue;
    let dropped = { files: 0, rows: 0 };
    await changeTable(room, table, ({ files }) => {
      const old = files.filter(({ minAt }) => dayOf(minAt) + dayMs <= before);
      dropped = { files: old.length, rows: old.reduce((rows, file) => rows + file.rows, 0) };
      return old.length > 0 ? { removed: old.map(({ path }) => path) } : undefined;
    });
    report.files += dropped.files;
    report.rows += dropped.rows;
  }
  return report;
}
