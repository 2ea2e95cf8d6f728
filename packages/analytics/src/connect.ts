import { type AsyncDuckDB, type AsyncDuckDBConnection, DuckDBDataProtocol } from '@duckdb/duckdb-wasm';
import type { Manifest, ManifestFile, TableName } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';

import { fileName, readManifest, tableQuery, tableView } from './lake-files.ts';
import { plainRows } from './plain-rows.ts';
import { ConnectError, QueryError } from './query-error.ts';

import type { Value } from './sql/question.ts';
import { type DuckDbBundle, startDuckDb } from './start-duckdb.ts';

export interface ConnectOptions {
  /** URL of the lake folder, such as `/lake/`. Same origin, or with CORS and range requests. */
  lake: string;
  /** Where DuckDB-WASM is served. Default: the pinned 1.28.0, as vite emits it beside the page. */
  bundle?: DuckDbBundle;
  /** Told as DuckDB itself comes in: bytes so far, and in all (0 if unknown). */
  onBytes?: (loaded: number, total: number) => void;
}

/** A database in a worker, over the files of one lake. */
export interface Connection {
  /**
   * Runs one statement. Values take the places of `?`; they are bound, never part of the text.
   * Rows hold plain values: TIMESTAMP is a Date, BIGINT a number (a bigint past 2^53), MAP an object.
   *
   * @throws QueryError with the SQL
   */
  query<Row = Record<string, unknown>>(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /**
   * The rows of a table from a stretch of time, as text to read FROM: only the files that may hold some, by the
   * manifest. For `aggregated` the time is `timeagg`, for `rawdata` `received_at`.
   */
  relation(table: TableName, range: { fromAt: number; toAt: number }): string;
  /** Lets the views see the files of a stretch of time only, or all again (null): a question then opens no other file. */
  focus(range: { fromAt: number; toAt: number } | null): Promise<void>;
  /** The same as `relation` for these files alone. Small ones are fetched whole first, many at a time. */
  fetchFiles(table: TableName, files: readonly ManifestFile[]): Promise<string>;
  /** Runs `task` on the database itself, in turn with the queries, for what they do not cover: no other query runs until it ends. */
  use<T>(task: (db: AsyncDuckDB, session: AsyncDuckDBConnection) => Promise<T>): Promise<T>;
  /** Reads the manifests again. True if the lake has changed; the views then read the new files. */
  refresh(): Promise<boolean>;
  /** The manifests as last read; null for a table that has none yet. */
  manifests(): Readonly<Record<TableName, Manifest | null>>;
  /** Ends the worker, and with it every query under way. */
  close(): Promise<void>;
}

/** Files up to this size are fetched whole by `fetchFiles`, as long as they are together below `mostWholeBytes`. */
const wholeBytes = 1_048_576;
const mostWholeBytes = 67_108_864;
const tableNames = ['rawdata', 'aggregated'] as const;

/**
 * Opens a lake: the relations `rawdata` and `aggregated`, and the views `events`, `sessions`,
 * `sessions_within(gap)`, `clicks_today` and `clicks_month`.
 *
 * @throws ConnectError if WebAssembly is blocked, or the lake does not answer
 * @example
 * const lake = await connect({ lake: '/lake/' });
 * const rows = await lake.query<{ day: Date; n: number }>('SELECT timeagg::DATE AS day, count(*) AS n FROM sessions GROUP BY 1');
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const lake = new URL(options.lake.replace(/\/*$/, '/'), location.href).href;
  const bundle = options.bundle ?? (await import('./own-bundle.ts')).ownBundle;
  const db = await startDuckDb(bundle, options.onBytes);
  const session = await db.connect();
  const connection = new LakeConnection(db, session, lake);
  try {
    await connection.refresh();
    for (const view of duckdbViews()) await connection.query(view);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

class LakeConnection implements Connection {
  readonly #db: AsyncDuckDB;
  readonly #session: AsyncDuckDBConnection;
  readonly #lake: string;
  readonly #manifests: Record<TableName, Manifest | null> = { rawdata: null, aggregated: null };
  readonly #registered = new Set<string>();
  /** Files held in memory as a whole, and their bytes. */
  readonly #whole = new Map<string, number>();
  #opened = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: AsyncDuckDB, session: AsyncDuckDBConnection, lake: string) {
    this.#db = db;
    this.#session = session;
    this.#lake = lake;
  }

  query<Row>(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.#inTurn(() => this.#run<Row>(sql, values));
  }

  relation(table: TableName, range: { fromAt: number; toAt: number }): string {
    const files = this.#manifests[table]?.files ?? [];
    const wanted = files.filter((file) => file.maxAt >= range.fromAt && file.minAt < range.toAt);
    return `(${tableQuery(
      table,
      wanted.map(({ path }) => path),
    )})`;
  }

  focus(range: { fromAt: number; toAt: number } | null): Promise<void> {
    return this.#inTurn(async () => {
      const relations = range
        ? { rawdata: this.relation('rawdata', range), aggregated: this.relation('aggregated', range) }
        : {};
      for (const view of duckdbViews(relations)) await this.#run(view, []);
    });
  }

  fetchFiles(table: TableName, files: readonly ManifestFile[]): Promise<string> {
    return this.#inTurn(async () => {
      const small = files.filter((file) => file.bytes <= wholeBytes && !this.#whole.has(fileName(table, file.path)));
      await Promise.all(small.map((file) => this.#fetchWhole(table, file)));
      return `(${tableQuery(
        table,
        files.map(({ path }) => path),
      )})`;
    });
  }

  /** DuckDB asks some 6 requests a file, one after the other; a small file costs less in one. */
  async #fetchWhole(table: TableName, file: ManifestFile): Promise<void> {
    const name = fileName(table, file.path);
    const held = [...this.#whole.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (held + file.bytes > mostWholeBytes) return;
    this.#whole.set(name, file.bytes);
    try {
      const bytes = await fetchBytes(new URL(`${table}/${file.path}`, this.#lake));
      await this.#db.dropFile(name);
      await this.#db.registerFileBuffer(name, bytes);
    } catch (error) {
      this.#whole.delete(name);
      throw error;
    }
  }

  use<T>(task: (db: AsyncDuckDB, session: AsyncDuckDBConnection) => Promise<T>): Promise<T> {
    return this.#inTurn(() => task(this.#db, this.#session));
  }

  refresh(): Promise<boolean> {
    return this.#inTurn(() => this.#refresh());
  }

  manifests(): Readonly<Record<TableName, Manifest | null>> {
    return this.#manifests;
  }

  async close(): Promise<void> {
    await this.#db.terminate();
  }

  /** One thing at a time: the worker has one thread, and views must not change under a query. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task, task);
    this.#last = done.catch(() => {});
    return done;
  }

  async #run<Row>(sql: string, values: readonly Value[]): Promise<Row[]> {
    try {
      if (values.length === 0) return plainRows<Row>(await this.#session.query(sql));
      const statement = await this.#session.prepare(sql);
      try {
        return plainRows<Row>(await statement.query(...values.map(bindable)));
      } finally {
        await statement.close();
      }
    } catch (cause) {
      throw new QueryError(sql, cause);
    }
  }

  async #refresh(): Promise<boolean> {
    const read = await Promise.all(tableNames.map((table) => readManifest(this.#lake, table)));
    let changed = false;
    for (const [index, table] of tableNames.entries()) {
      const manifest = read[index] ?? null;
      if (this.#opened && manifest?.version === this.#manifests[table]?.version) continue;
      await this.#show(table, manifest);
      changed = true;
    }
    this.#opened = true;
    return changed;
  }

  async #show(table: TableName, manifest: Manifest | null): Promise<void> {
    const paths = manifest?.files.map((file) => file.path) ?? [];
    const names = new Set(paths.map((path) => fileName(table, path)));
    for (const [index, name] of [...names].entries()) {
      if (this.#registered.has(name)) continue;
      const url = new URL(`${table}/${paths[index]}`, this.#lake).href;
      await this.#db.registerFileURL(name, url, DuckDBDataProtocol.HTTP, false);
      this.#registered.add(name);
    }
    await this.#run(tableView(table, paths), []);
    this.#manifests[table] = manifest;
    await this.#forget(table, names);
  }

  /** Lets go of files that are no longer live. */
  async #forget(table: TableName, live: ReadonlySet<string>): Promise<void> {
    for (const name of this.#registered) {
      if (!name.startsWith(`${table}/`) || live.has(name)) continue;
      await this.#db.dropFile(name);
      this.#registered.delete(name);
      this.#whole.delete(name);
    }
  }
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  const answer = await fetch(url).catch((cause: unknown) => {
    throw new ConnectError(`lake at ${url.href}: no answer; check that the server runs`, { cause });
  });
  if (!answer.ok) throw new ConnectError(`lake at ${url.href}: answered ${answer.status}; read the manifest again`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** DuckDB-WASM binds no Date: a TIMESTAMP is compared with text in ISO form. */
function bindable(value: Value): string | number | boolean | null {
  return value instanceof Date ? value.toISOString().replace('T', ' ').replace('Z', '') : value;
}
