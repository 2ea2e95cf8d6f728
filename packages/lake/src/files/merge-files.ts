import type { ManifestFile, TableName } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';

import { createView, quoteText } from '../sql/table-ddl.ts';
import type { Database } from './database.ts';
import { fileKey } from './day-files.ts';
import type { FileStore } from './file-store.ts';
import { columnNames, parquetOptions, sortOrder, timeColumn } from './parquet-writer.ts';

/** `rolled`: the same rows in one file. `sealed`: rows of a session merged, copies of events dropped. */
export type MergeKind = 'rolled' | 'sealed';

export interface MergeOptions {
  table: TableName;
  /** Files of one day. */
  files: readonly ManifestFile[];
  how: MergeKind;
  /** The local file to write. */
  path: string;
}

/** Relations that have each event and each session once. */
const merged = { rawdata: 'events', aggregated: '(SELECT *, ' + mergedRowId() + ' AS row_id FROM sessions)' } as const;

/** A merged row is no part that could come again: its id is made of its content. */
function mergedRowId(): string {
  return `'sealed/' || md5(concat_ws('|', user_id, device_id, epoch_ms(timeagg), events, begin_event_id, end_event_id))`;
}

/** Writes the rows of several files of a day into one local file. */
export async function mergeFiles(
  db: Database,
  store: FileStore,
  { table, files, how, path }: MergeOptions,
): Promise<Omit<ManifestFile, 'path' | 'bytes'>> {
  const local = await Promise.all(files.map((file) => store.openFile(fileKey(table, file.path))));
  try {
    await showTables(
      db,
      table,
      local.map((file) => file.path),
    );
    const source = how === 'sealed' ? merged[table] : table;
    await db.run(
      `COPY (SELECT ${columnNames(table)} FROM ${source} ORDER BY ${sortOrder[table]}) TO ${quoteText(path)} ${parquetOptions}`,
    );
    const steps = files.flatMap(({ stepMs }) => (stepMs === undefined ? [] : [stepMs]));
    return {
      ...(await describeFile(db, table, path)),
      sealed: how === 'sealed',
      ...(steps.length > 0 ? { stepMs: Math.max(...steps) } : {}),
    };
  } finally {
    await Promise.all(local.map((file) => file.release()));
  }
}

async function showTables(db: Database, table: TableName, paths: readonly string[]): Promise<void> {
  for (const each of ['rawdata', 'aggregated'] as const) await db.run(createView(each, each === table ? paths : []));
  for (const view of duckdbViews()) await db.run(view);
}

/** What a manifest says of a Parquet file, from its footer and its time column. */
export async function describeFile(
  db: Database,
  table: TableName,
  path: string,
): Promise<Pick<ManifestFile, 'rows' | 'minAt' | 'maxAt'>> {
  const time = timeColumn[table];
  const [row] = await db.rows(
    `SELECT count(*) AS rows, epoch_ms(min(${time})) AS first, epoch_ms(max(${time})) AS last FROM ${quoteText(path)}`,
  );
  return { rows: Number(row?.rows), minAt: Number(row?.first), maxAt: Number(row?.last) };
}
