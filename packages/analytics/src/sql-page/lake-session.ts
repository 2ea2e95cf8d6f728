import type { Manifest, ManifestFile, TableName } from '@taphouse/schema';

import type { Table } from 'apache-arrow';

import type { Fetched } from '../byte-count.ts';
import { type Connection, connect } from '../connect.ts';
import { isTrap } from '../engine.ts';
import { fileName } from '../lake-files.ts';
import { plainRows } from '../plain-rows.ts';
import { saidBy } from '../query-error.ts';
import { sendQuery } from '../send-query.ts';
import type { GivenFile } from '../sources/dropped-files.ts';
import { allowed, type StatementKind } from './allowed.ts';
import { type ErrorPlace, readError } from './error-place.ts';
import { type ColumnShares, estimateBytes, tablesOf } from './plan.ts';
import type { QueryResult } from './query-result.ts';
import { RowsResult } from './rows-result.ts';
import { TableResult } from './table-result.ts';

/** What a statement did and cost. */
export interface RunStats {
  /** From the start of the statement to its last row, milliseconds. */
  elapsedMs: number;
  /** Of the lake, in this run; a warm page is fetched no more. */
  fetched: Fetched;
  /** The most that the statement scans, by its plan and the manifests: what Athena would go by. */
  scannedBytes: number;
}

/** How a statement ended, where it did not fail. */
export type Outcome =
  | { kind: 'rows'; result: QueryResult; stats: RunStats; plan: string | null }
  | { kind: 'plan'; plan: string; stats: RunStats }
  | { kind: 'done'; stats: RunStats }
  | { kind: 'over'; estimatedBytes: number; maxBytes: number };

export interface StatementOptions {
  /** A statement that may scan more is not run, and one that fetches more is stopped. Infinity: no limit. */
  maxBytes: number;
}

/** A statement failed. `place` is where in it, if DuckDB said so. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly sql: string;
  readonly place: ErrorPlace | null;

  constructor(message: string, sql: string, place: ErrorPlace | null, cause: unknown) {
    super(message, { cause });
    this.sql = sql;
    this.place = place;
  }
}

/** A statement was stopped: by hand, or by the byte limit. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  /** True where the byte limit stopped it. */
  readonly byLimit: boolean;

  constructor(byLimit: boolean) {
    super(byLimit ? 'Stopped by the byte limit' : 'Stopped');
    this.byLimit = byLimit;
  }
}

export interface SessionOptions {
  lake: string;
  /** In the place of the lake: files of the visitor's. */
  files: readonly GivenFile[] | null;
  /** Told as DuckDB itself comes in. */
  onBytes: (loaded: number, total: number) => void;
  /** Told as a statement fetches, counted from its start. */
  onFetched: (fetched: Fetched) => void;
  /** The worker was recycled: results from before are gone. */
  onRecycled: () => void;
}

interface Wanted {
  sql: string;
  kind: StatementKind;
  maxBytes: number;
}

/** The statement under way; its limit holds while it executes. */
interface Running {
  stop: AbortController;
  maxBytes: number;
}

/** One analyst's database: runs statements one at a time, counts what they fetch, and can be stopped. */
export class LakeSession {
  readonly #options: SessionOptions;
  #lake: Connection | null = null;
  #before: Fetched = noBytes;
  #running: Running | null = null;
  #shares = new Map<string, ReadonlyMap<string, number>>();
  #tables = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** @throws ConnectError */
  async open(): Promise<void> {
    const { lake, files, onBytes, onRecycled } = this.#options;
    const from = files ? { files } : { lake };
    this.#lake = await connect({ ...from, onBytes, onRecycled, onFetched: (fetched) => this.#heard(fetched) });
  }

  async close(): Promise<void> {
    const lake = this.#lake;
    this.#lake = null;
    await lake?.close();
  }

  manifests(): Readonly<Record<TableName, Manifest | null>> {
    return this.#lake?.manifests() ?? { rawdata: null, aggregated: null };
  }

  /** Reads the manifests again; true if the lake has changed. */
  refresh(): Promise<boolean> {
    return this.#open.refresh();
  }

  /** DuckDB's own functions: name, parameters and what they do. */
  functions(): Promise<SqlFunction[]> {
    return this.#open.query<SqlFunction>(functionsSql);
  }

  /** What EXPLAIN draws of a query. */
  async plan(sql: string): Promise<string> {
    if (allowed(sql) !== 'rows') throw new StatementError('Plan: only a query has one', sql, null, null);
    await this.#open.narrow(sql);
    return explain(this.#open, sql, new AbortController().signal);
  }

  /**
   * Runs one statement. The lake is read as it is now; if its files change under the statement, it is run once more.
   *
   * @throws RefusedError, StatementError, StoppedError
   */
  async run(sql: string, { maxBytes }: StatementOptions): Promise<Outcome> {
    const kind = allowed(sql);
    const running = { stop: new AbortController(), maxBytes: Infinity };
    this.#running = running;
    try {
      return await this.#attempt({ sql, kind, maxBytes }, running);
    } catch (error) {
      if (running.stop.signal.aborted) throw running.stop.signal.reason;
      throw isTrap(error) ? brokenDown(error, sql) : error;
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  async #attempt(wanted: Wanted, running: Running): Promise<Outcome> {
    const lake = this.#open;
    await lake.refresh();
    try {
      return await this.#runOnce(lake, wanted, running);
    } catch (error) {
      if (!(error instanceof StatementError) || isTrap(error) || !(await lake.refresh())) throw error;
      return await this.#runOnce(lake, wanted, running);
    }
  }

  /** Stops the statement under way with its worker, and so with all results; another starts. */
  cancel(): void {
    this.#running?.stop.abort(new StoppedError(false));
  }

  get #open(): Connection {
    if (!this.#lake) throw new StatementError('The database is not open; wait until it has started', '', null, null);
    return this.#lake;
  }

  #heard(fetched: Fetched): void {
    const now = difference(fetched, this.#before);
    this.#options.onFetched(now);
    const running = this.#running;
    if (running && now.bytes > running.maxBytes) running.stop.abort(new StoppedError(true));
  }

  async #runOnce(lake: Connection, { sql, kind, maxBytes }: Wanted, running: Running): Promise<Outcome> {
    const { signal } = running.stop;
    const files = await lake.narrow(sql);
    const plan = kind === 'rows' ? await explain(lake, sql, signal) : null;
    const scannedBytes = await this.#estimate(lake, sql, plan, files);
    if (scannedBytes > maxBytes) return { kind: 'over', estimatedBytes: scannedBytes, maxBytes };
    this.#before = await lake.fetched();
    signal.throwIfAborted();
    running.maxBytes = maxBytes;
    const startedAt = performance.now();
    const outcome = await this.#execute(lake, sql, kind, signal);
    const elapsedMs = performance.now() - startedAt;
    running.maxBytes = Infinity;
    const stats = { elapsedMs, fetched: difference(await lake.fetched(), this.#before), scannedBytes };
    if (outcome === null) return { kind: 'done', stats };
    return typeof outcome === 'string'
      ? { kind: 'plan', plan: outcome, stats }
      : { kind: 'rows', result: outcome, stats, plan };
  }

  /** Rows go into a temporary table, which pages, sorts and files are then read from. */
  async #execute(
    lake: Connection,
    sql: string,
    kind: StatementKind,
    signal: AbortSignal,
  ): Promise<QueryResult | string | null> {
    this.#tables += 1;
    const table = `taphouse_result_${this.#tables}`;
    const text = kind === 'rows' ? `CREATE TEMP TABLE ${table} AS\n${sql}` : sql;
    try {
      const answer = await lake.use(
        async (_, session) => {
          // PIVOT is two statements within, which only query() takes; making a table, it loses no error.
          return /\bpivot/i.test(sql) ? session.query(text) : sendQuery(session, text);
        },
        { signal },
      );
      if (kind === 'rows') return await TableResult.of(lake, table);
      if (kind !== 'about') return null;
      return planIn(answer) ?? new RowsResult(answer);
    } catch (error) {
      throw statementError(error, sql, kind === 'rows' ? 1 : 0);
    }
  }

  async #estimate(
    lake: Connection,
    sql: string,
    plan: string | null,
    files: Readonly<Record<TableName, readonly ManifestFile[]>>,
  ): Promise<number> {
    const tables = [...tablesOf(sql)];
    const [rawdata, aggregated] = await Promise.all([
      tables.includes('rawdata') ? this.#sharesOf(lake, 'rawdata') : noShares,
      tables.includes('aggregated') ? this.#sharesOf(lake, 'aggregated') : noShares,
    ]);
    return estimateBytes(sql, plan, files, { rawdata, aggregated } satisfies ColumnShares);
  }

  /** How a table's bytes divide among its columns, by its largest file; read once a file. */
  async #sharesOf(lake: Connection, table: TableName): Promise<ReadonlyMap<string, number>> {
    const files = lake.manifests()[table]?.files ?? [];
    const largest = files.reduce((most, file) => (file.bytes > (most?.bytes ?? 0) ? file : most), files[0]);
    if (!largest) return noShares;
    const name = fileName(table, largest.path);
    const known = this.#shares.get(name);
    if (known) return known;
    // Not by query(), which would let the views see all files again.
    const parts = await lake.use(async (_, session) =>
      plainRows<{ column: string; bytes: number }>(
        await sendQuery(
          session,
          `SELECT split_part(path_in_schema, ',', 1) AS "column", CAST(sum(total_compressed_size) AS DOUBLE) AS bytes
           FROM parquet_metadata('${name.replaceAll("'", "''")}') GROUP BY 1 ORDER BY 1`,
        ),
      ),
    );
    // Of the whole file, footer included: a file of few rows is mostly footer.
    const shares = new Map(parts.map(({ column, bytes }) => [column.trim(), bytes / largest.bytes]));
    this.#shares.set(name, shares);
    return shares;
  }
}

/** A function of DuckDB, as completion shows it. */
export interface SqlFunction {
  name: string;
  kind: string;
  parameters: string;
  description: string;
}

const functionsSql = `SELECT function_name AS name, min(function_type) AS kind,
  coalesce(arg_min(array_to_string(parameters, ', '), len(parameters)), '') AS parameters, coalesce(max(description), '') AS description
FROM duckdb_functions()
WHERE regexp_matches(function_name, '^[a-z][a-z0-9_]*$') AND function_type IN ('scalar', 'aggregate', 'macro', 'table')
GROUP BY function_name ORDER BY function_name`;

/** @throws StatementError */
async function explain(lake: Connection, sql: string, signal: AbortSignal): Promise<string> {
  try {
    // query(), for EXPLAIN of a PIVOT is two statements.
    const table = await lake.use((_, session) => session.query(`EXPLAIN\n${sql}`), { signal });
    return planIn(table) ?? '';
  } catch (error) {
    throw await placed(lake, error, sql);
  }
}

/** EXPLAIN says what is wrong and not where; to prepare the statement says both. */
async function placed(lake: Connection, error: unknown, sql: string): Promise<StatementError> {
  try {
    await lake.use(async (_, session) => (await session.prepare(sql)).close());
  } catch (said) {
    return statementError(said, sql, 0);
  }
  return statementError(error, sql, 1);
}

/** What EXPLAIN drew; null if this is not its answer. */
function planIn(table: Table): string | null {
  const drawn = table.getChild('explain_value');
  return drawn && String(drawn.get(table.numRows - 1));
}

const noBytes: Fetched = { bytes: 0, requests: 0 };
const noShares: ReadonlyMap<string, number> = new Map();

function difference(now: Fetched, before: Fetched): Fetched {
  return { bytes: now.bytes - before.bytes, requests: now.requests - before.requests };
}

/** After a trap the module is of no more use, so the connection has started another. */
function brokenDown(error: unknown, sql: string): StatementError {
  const message = 'DuckDB-WASM broke down on this statement, and was started again. Another form of it may run.';
  return new StatementError(message, sql, null, error);
}

function statementError(error: unknown, sql: string, prefixLines: number): StatementError {
  if (error instanceof StatementError) return error;
  const { message, place } = readError(saidBy(error), sql, prefixLines);
  return new StatementError(message, sql, place, error);
}
