import { type DuckDBPreparedStatement, type DuckDBResult, DuckDBTypeId, type DuckDBValue } from '@duckdb/node-api';
import type { Manifest, TableName } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';

import { readManifest } from '../manifest-protocol.ts';
import { createView, quoteText } from '../sql/table-ddl.ts';
import { type Database, openDatabase } from './database.ts';
import { fileKey } from './day-files.ts';
import { directoryStore } from './directory-store.ts';
import type { FileStore, LocalFile } from './file-store.ts';
import { parquetOptions } from './parquet-writer.ts';

/** How often a query is begun, if the lake changes under it each time. */
const mostTries = 5;

const tableNames = ['rawdata', 'aggregated'] as const;

/** A row by the names of its columns. TIMESTAMP is a Date, BIGINT a bigint, MAP an object. */
export type QueryRow = Record<string, unknown>;

/** Rows of one query. */
export interface QueryResult {
  /** Names, in order. */
  columns: string[];
  rows: QueryRow[];
}

/** Rows of one query, of any number: an object is made of a row when its chunk is asked for. */
export interface ChunkedResult {
  /** Names, in order. */
  columns: string[];
  /** Some 2,000 rows each; to be read once, before `close`. */
  chunks: AsyncIterable<QueryRow[]>;
}

type Values = readonly QueryValue[] | Readonly<Record<string, QueryValue>>;

/** Native DuckDB over a lake. */
export interface LakeQuery {
  /**
   * Runs SQL on `rawdata`, `aggregated` and the views of `@taphouse/sessions/sql`, over the files that are live when it
   * is called. Of several statements, run in order, the rows are the last's, and values are for it too: they take the
   * places of `?` or `$name`.
   *
   * @throws Error as DuckDB words it
   */
  query(sql: string, values?: Values): Promise<QueryResult>;
  /** The same, for as many rows as DuckDB has room for. */
  queryChunks(sql: string, values?: Values): Promise<ChunkedResult>;
  /**
   * Writes the rows of a query to a file of the local disk, in the place of any there.
   *
   * @example
   * await lake.exportTo('sessions.csv', { sql: 'SELECT * FROM sessions ORDER BY timeagg', format: 'csv' });
   */
  exportTo(path: string, options: ExportOptions): Promise<{ rows: number }>;
  close(): Promise<void>;
}

export interface ExportOptions {
  /** One SELECT. */
  sql: string;
  /** `json`: one object a line. */
  format: ExportFormat;
}

export type ExportFormat = 'csv' | 'json' | 'parquet';

const exportFormats: Record<ExportFormat, string> = {
  csv: 'FORMAT csv, HEADER',
  json: 'FORMAT json',
  parquet: parquetOptions,
};

/** What a bound value may be. */
export type QueryValue = string | number | bigint | boolean | null;

/**
 * Opens a lake for reading, beside whatever writes to it; a folder without a lake gives empty tables.
 *
 * @example
 * const lake = await openQuery({ folder: 'data/lake' });
 * const { rows } = await lake.query('SELECT user_id, sum(events) AS clicks FROM sessions GROUP BY 1');
 */
export async function openQuery(options: { folder: string } | { store: FileStore }): Promise<LakeQuery> {
  const store = 'store' in options ? options.store : directoryStore(options.folder);
  const query = new OpenLakeQuery(store, await openDatabase());
  await query.prepare();
  return query;
}

class OpenLakeQuery implements LakeQuery {
  readonly #store: FileStore;
  readonly #db: Database;
  readonly #shown = new Map<TableName, { version: number; files: readonly LocalFile[] }>();

  constructor(store: FileStore, db: Database) {
    this.#store = store;
    this.#db = db;
  }

  async prepare(): Promise<void> {
    await this.#overLiveFiles(async () => {
      for (const view of duckdbViews()) await this.#db.run(view);
    });
  }

  async query(sql: string, values?: Values): Promise<QueryResult> {
    const { columns, chunks } = await this.queryChunks(sql, values);
    const rows: QueryRow[] = [];
    for await (const chunk of chunks) for (const row of chunk) rows.push(row);
    return { columns, rows };
  }

  async queryChunks(sql: string, values?: Values): Promise<ChunkedResult> {
    return this.#overLiveFiles(async () => {
      const last = await this.#runUpToLast(sql);
      if (values) last.bind(values as DuckDBValue[] | Record<string, DuckDBValue>);
      const result = await last.run();
      return { columns: result.deduplicatedColumnNames(), chunks: plainRows(result) };
    });
  }

  /** Runs all statements but the last. DuckDB itself gives the rows of the first. */
  async #runUpToLast(sql: string): Promise<DuckDBPreparedStatement> {
    const { connection } = this.#db;
    const statements = await connection.extractStatements(sql).catch(() => null);
    // What cannot be cut, DuckDB words best when it is asked to run it.
    if (!statements) return connection.prepare(sql);
    for (let at = 0; at < statements.count - 1; at += 1) await (await statements.prepare(at)).run();
    return statements.prepare(statements.count - 1);
  }

  async exportTo(path: string, { sql, format }: ExportOptions): Promise<{ rows: number }> {
    const statement = `COPY (${sql.trim().replace(/;$/, '')}\n) TO ${quoteText(path)} (${exportFormats[format]})`;
    return this.#overLiveFiles(async () => {
      const [row] = await this.#db.rows(statement);
      return { rows: Number(row?.Count) };
    });
  }

  async close(): Promise<void> {
    for (const { files } of this.#shown.values()) await Promise.all(files.map((file) => file.release()));
    this.#db.close();
  }

  /**
   * A file may go while it is read, if a user is erased: then the lake has changed, and the new files are asked. Not for
   * ever: what is wrong may be the SQL, and a lake changes every few seconds.
   */
  async #overLiveFiles<T>(task: () => Promise<T>): Promise<T> {
    for (let left = mostTries - 1; ; left -= 1) {
      const live = await this.#live();
      try {
        await this.#show(live);
        return await task();
      } catch (error) {
        if (left === 0 || sameVersions(live, await this.#live())) throw error;
      }
    }
  }

  async #live(): Promise<readonly Manifest[]> {
    return Promise.all(tableNames.map(async (table) => (await readManifest(this.#store, table)).manifest));
  }

  async #show(live: readonly Manifest[]): Promise<void> {
    for (const [index, table] of tableNames.entries()) {
      const { version = 0, files = [] } = live[index] ?? {};
      const shown = this.#shown.get(table);
      if (shown?.version === version) continue;
      const opened = await Promise.all(files.map(({ path }) => this.#store.openFile(fileKey(table, path))));
      const paths = opened.map((file) => file.path);
      await this.#db.run(createView(table, paths));
      this.#shown.set(table, { version, files: opened });
      await Promise.all((shown?.files ?? []).map((file) => file.release()));
    }
  }
}

function sameVersions(some: readonly Manifest[], others: readonly Manifest[]): boolean {
  return some.every(({ version }, index) => version === others[index]?.version);
}

/** DuckDB gives a MAP as a list of entries. */
async function* plainRows(result: DuckDBResult): AsyncGenerator<QueryRow[]> {
  const maps = result
    .deduplicatedColumnNames()
    .filter((_name, index) => result.columnTypeId(index) === DuckDBTypeId.MAP);
  for await (const rows of result.yieldRowObjectJs() as AsyncIterable<QueryRow[]>) {
    for (const row of rows) for (const name of maps) row[name] = plainMap(row[name]);
    yield rows;
  }
}

function plainMap(entries: unknown): unknown {
  if (!Array.isArray(entries)) return null;
  return Object.fromEntries(entries.map(({ key, value }: { key: string; value: unknown }) => [key, value]));
}
