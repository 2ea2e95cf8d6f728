import type { AsyncDuckDB, AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import type { Manifest, ManifestFile, TableName } from '@taphouse/schema';

import type { Fetched } from './byte-count.ts';
import { LakeConnection } from './lake-connection.ts';
import type { GivenFile } from './sources/dropped-files.ts';
import { httpSource } from './sources/http-source.ts';
import type { LakeSource } from './sources/lake-source.ts';
import type { Credentials } from './sources/s3-source.ts';
import type { Value } from './sql/question.ts';
import type { DuckDbBundle } from './start-duckdb.ts';

export interface ConnectOptions {
  /** URL of the lake folder, such as `/lake/`, same origin or with CORS and range requests; or `s3://bucket/prefix/`. */
  lake?: string;
  /** In the place of `lake`: files that the visitor gave, read where they are. See `listenForDrop`. */
  files?: readonly GivenFile[];
  /**
   * URL of the live side, such as `/v1/live`: rows of closed windows that are in no file yet are then part of
   * `aggregated`, and of the views over it, from the moment they are told.
   */
  live?: string;
  /** For S3: a Cognito identity pool, or a function that gives temporary keys. They stay in memory. */
  credentials?: Credentials;
  /** For S3: region of the bucket. Default: that of the identity pool. */
  region?: string;
  /** For S3: another address than AWS's own, with the bucket in the path. */
  endpoint?: string;
  /** Files of this time that are begun to be fetched while DuckDB itself starts, small ones only: see `fetchFiles`. */
  ahead?: Partial<Record<TableName, TimeRange>>;
  /** Where DuckDB-WASM is served. Default: the pinned 1.28.0, as vite emits it beside the page. */
  bundle?: DuckDbBundle;
  /** Told as DuckDB itself comes in: bytes so far, and in all (0 if unknown). */
  onBytes?: (loaded: number, total: number) => void;
  /** Told as the lake's files are fetched: bytes and requests since the connection was opened. */
  onFetched?: (fetched: Fetched) => void;
  /** Told when the worker has been ended, by a signal or by a fault of its own: tables made in it are gone. */
  onRecycled?: () => void;
}

/** How one statement or task is run. */
export interface RunOptions {
  /**
   * Stops it. DuckDB-WASM 1.28.0 hears nothing while it works, so its worker is ended and another started, which takes
   * a second and forgets tables of one's own; a statement that still waits is only taken off the list.
   */
  signal?: AbortSignal;
}

/** How a question is asked. */
export interface QueryOptions extends RunOptions {
  /** From this one on, the views see the files of a stretch of time only, or all (null), as after `focus`. */
  focus?: TimeRange | null;
}

/**
 * How a task on the database itself is run. Its views read the files that they read for the statement before; `focus:
 * null` shows them all.
 */
export interface UseOptions extends QueryOptions {
  /** True for a task that names its files itself, as `relation` and `fetchFiles` do: it does not wait for the views. */
  withoutViews?: boolean;
}

/** A stretch of time, milliseconds since 1970 UTC: `fromAt` inclusive, `toAt` exclusive. */
export interface TimeRange {
  fromAt: number;
  toAt: number;
}

/** A database in a worker, over the files of one lake. */
export interface Connection {
  /**
   * Runs one statement. Values take the places of `?`; they are bound, never part of the text.
   * Rows hold plain values: TIMESTAMP is a Date, BIGINT a number (a bigint past 2^53), DECIMAL and HUGEINT a number, INTERVAL
   * a text, MAP an object.
   * Only the files that can hold rows of the time asked for are opened; if files go while it runs, it is run once more
   * on those that took their place.
   *
   * @throws QueryError with the SQL; the signal's reason
   */
  query<Row = Record<string, unknown>>(sql: string, values?: readonly Value[], options?: QueryOptions): Promise<Row[]>;
  /**
   * The rows of a table from a stretch of time, as text to read FROM: only the files that may hold some, by the
   * manifest. For `aggregated` the time is `timeagg`, for `rawdata` `received_at`.
   */
  relation(table: TableName, range: TimeRange): string;
  /** Lets the views see the files of a stretch of time only, or all again (null): a question then opens no other file. */
  focus(range: TimeRange | null): Promise<void>;
  /** Lets the views see only the files that a statement can need, until the next one; gives these files. */
  narrow(sql: string, values?: readonly Value[]): Promise<Readonly<Record<TableName, readonly ManifestFile[]>>>;
  /** The same as `relation` for these files alone. Small ones are fetched whole first, many at a time. */
  fetchFiles(table: TableName, files: readonly ManifestFile[]): Promise<string>;
  /** Runs `task` on the database itself, in turn with the queries, for what they do not cover: no other query runs until it ends. */
  use<T>(task: (db: AsyncDuckDB, session: AsyncDuckDBConnection) => Promise<T>, options?: UseOptions): Promise<T>;
  /** Reads the manifests again. True if the lake has changed; the views then read the new files. */
  refresh(): Promise<boolean>;
  /** The manifests as last read; null for a table that has none yet. */
  manifests(): Readonly<Record<TableName, Manifest | null>>;
  /** What has been fetched of the lake since the connection was opened; exact when nothing is under way. */
  fetched(): Promise<Fetched>;
  /** Ends the worker, and with it every query under way. */
  close(): Promise<void>;
}

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
  const bundle = options.bundle ?? (await import('./own-bundle.ts')).ownBundle;
  const url = options.live;
  const live = url === undefined ? undefined : { url, rows: new (await import('./live-rows.ts')).LiveRows() };
  const connection = new LakeConnection(await sourceOf(options), { ...options, bundle, live });
  try {
    await connection.open();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

/** What a page does not use it does not load. */
async function sourceOf({ lake, files, credentials, region, endpoint }: ConnectOptions): Promise<LakeSource> {
  if (files) return (await import('./sources/files-source.ts')).filesSource(files);
  if (lake === undefined) throw new TypeError('connect: no lake; give the URL of one, or files');
  if (lake.startsWith('s3://')) {
    return (await import('./sources/s3-source.ts')).s3Source({ lake, credentials, region, endpoint });
  }
  return httpSource(new URL(lake.replace(/\/*$/, '/'), location.href).href);
}
