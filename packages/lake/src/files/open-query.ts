import { type DuckDBResultReader, DuckDBTypeId, type DuckDBValue } from '@duckdb/node-api';
import type { TableName } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';

import { readManifest } from '../manifest-protocol.ts';
import { createView } from '../sql/table-ddl.ts';
import { openDatabase } from './database.ts';
import { fileKey } from './day-files.ts';
import { directoryStore } from './directory-store.ts';

const tableNames = ['rawdata', 'aggregated'] as const;

/** Rows of one query. TIMESTAMP is a Date, BIGINT a bigint, MAP an object. */
export interface QueryResult {
  /** Names, in order. */
  columns: string[];
  rows: Record<string, unknown>[];
}

/** Native DuckDB over a lake. */
export interface LakeQuery {
  /**
   * Runs one statement on `rawdata`, `aggregated` and the views of `@taphouse/sessions/sql`, over the files that are
   * live when it is called. Values take the places of `?` or `$name`.
   *
   * @throws Error as DuckDB words it
   */
  query(sql: string, values?: readonly QueryValue[] | Readonly<Record<string, QueryValue>>): Promise<QueryResult>;
  close(): Promise<void>;
}

/** What a bound value may be. */
export type QueryValue = string | number | bigint | boolean | null;

/**
 * Opens a lake for reading, beside whatever writes to it; a folder without a lake gives empty tables.
 *
 * @example
 * const lake = await openQuery({ folder: 'data/lake' });
 * const { rows } = await lake.query('SELECT user_id, sum(events) AS clicks FROM sessions GROUP BY 1');
 */
export async function openQuery(options: { folder: string }): Promise<LakeQuery> {
  const store = directoryStore(options.folder);
  const db = await openDatabase();
  const shown = new Map<TableName, number>();

  async function showLive(): Promise<void> {
    for (const table of tableNames) {
      const { manifest } = await readManifest(store, table);
      if (shown.get(table) === manifest.version) continue;
      const files = await Promise.all(manifest.files.map(({ path }) => store.openFile(fileKey(table, path))));
      await db.run(
        createView(
          table,
          files.map((file) => file.path),
        ),
      );
      shown.set(table, manifest.version);
    }
  }

  await showLive();
  for (const view of duckdbViews()) await db.run(view);
  return {
    query: async (sql, values) => {
      await showLive();
      const reader = await db.connection.runAndReadAll(sql, values as DuckDBValue[] | Record<string, DuckDBValue>);
      return { columns: reader.deduplicatedColumnNames(), rows: plainRows(reader) };
    },
    close: async () => db.close(),
  };
}

/** DuckDB gives a MAP as a list of entries. */
function plainRows(reader: DuckDBResultReader): Record<string, unknown>[] {
  const rows = reader.getRowObjectsJS() as Record<string, unknown>[];
  const maps = reader
    .deduplicatedColumnNames()
    .filter((_name, index) => reader.columnType(index).typeId === DuckDBTypeId.MAP);
  for (const row of rows) for (const name of maps) row[name] = plainMap(row[name]);
  return rows;
}

function plainMap(entries: unknown): unknown {
  if (!Array.isArray(entries)) return null;
  return Object.fromEntries(entries.map(({ key, value }: { key: string; value: unknown }) => [key, value]));
}
