import type { AsyncDuckDB, AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import type { Manifest, ManifestFile, TableName } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';
import type { Table } from 'apache-arrow';

import type { Fetched } from './byte-count.ts';
import type { Connection, QueryOptions, RunOptions, TimeRange, UseOptions } from './connect.ts';
import { type Engine, isTrap, startEngine } from './engine.ts';
import { fileName, filesOf, tableQuery } from './lake-files.ts';
import { listenLive } from './live-feed.ts';
import type { LiveRows } from './live-rows.ts';
import { plainRows } from './plain-rows.ts';
import { everything, type Needed, neededTimes } from './prune/needed-times.ts';
import { ConnectError, QueryError } from './query-error.ts';
import { sendQuery } from './send-query.ts';
import { soundTable } from './sound-values.ts';
import type { LakeSource } from './sources/lake-source.ts';
import type { Value } from './sql/question.ts';
import { tokens } from './sql/tokens.ts';
import type { DuckDbBundle } from './start-duckdb.ts';

export interface LakeConnectionOptions {
  bundle: DuckDbBundle;
  onBytes?: (loaded: number, total: number) => void;
  onFetched?: (fetched: Fetched) => void;
  onRecycled?: () => void;
  /** Files to fetch while the first worker starts. */
  ahead?: Partial<Record<TableName, TimeRange>>;
  /** Rows of the live side, and the URL of its server-sent events. */
  live?: { rows: LiveRows; url: string } | undefined;
}

type Manifests = Record<TableName, Manifest | null>;
type Files = Record<TableName, readonly ManifestFile[]>;

/** Files up to this size are fetched whole by `fetchFiles`, as long as they are together below `mostWholeBytes`. */
const wholeBytes = 1_048_576;
const mostWholeBytes = 67_108_864;
const tableNames = ['rawdata', 'aggregated'] as const;

/** What one worker knows of the lake; a new worker begins with nothing. */
class WorkerState {
  readonly registered = new Set<string>();
  /** Files held in memory as a whole, and their bytes. */
  readonly whole = new Map<string, number>();
  /** What the view of each table reads. */
  readonly shown = new Map<TableName, string>();
  /** A view or macro of one's own may reach the lake unseen: from then on every statement sees all files. */
  ownViews = false;
}

export class LakeConnection implements Connection {
  readonly #source: LakeSource;
  readonly #options: LakeConnectionOptions;
  #engine: Promise<Engine> | null = null;
  #state = new WorkerState();
  /** Small files on their way as a whole. */
  readonly #coming = new Map<string, { bytes: number; fetched: Promise<Uint8Array | null> }>();
  #manifests: Manifests | null = null;
  #focus: TimeRange = everything;
  #last: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();
  /** Rows of closed windows that are in no file yet; null where nobody tells of them. */
  readonly #live: LiveRows | null;
  #stopLive: () => void = () => {};
  /** The live side has told of a new manifest. */
  #stale = false;
  /** Fetched by workers that are no more, and by this page. */
  #before: Fetched = { bytes: 0, requests: 0 };

  constructor(source: LakeSource, options: LakeConnectionOptions) {
    this.#source = source;
    this.#options = options;
    this.#live = options.live?.rows ?? null;
  }

  /** @throws ConnectError */
  async open(): Promise<void> {
    await this.#inTurn(async () => {});
    const { live } = this.#options;
    if (!live) return;
    this.#stopLive = listenLive(new URL(live.url, location.href).href, {
      message: ({ event, data }) => {
        if (event === 'sessions') live.rows.hear(data.rows, Date.now());
        if (event === 'lake') this.#stale = true;
      },
      state: () => {},
    });
  }

  query<Row>(sql: string, values: readonly Value[] = [], options: QueryOptions = {}): Promise<Row[]> {
    return this.#inTurn((engine) => {
      this.#focusAs(options);
      return this.#queryOnce<Row>(engine, sql, values);
    }, options);
  }

  /** In the turn of what asks for it: between turns, another may ask for another. */
  #focusAs({ focus }: QueryOptions): void {
    if (focus !== undefined) this.#focus = focus ?? everything;
  }

  async #queryOnce<Row>(engine: Engine, sql: string, values: readonly Value[]): Promise<Row[]> {
    if (this.#stale) {
      this.#stale = false;
      await this.#refresh(engine);
    }
    const once = async (): Promise<Row[]> => {
      await this.#narrow(engine, sql, values);
      const ask = (text: string): Promise<Table> => this.#run(engine, text, values);
      return plainRows<Row>(await soundTable(await ask(sql), sql, ask));
    };
    try {
      return await once();
    } catch (error) {
      if (isTrap(error) || isOfTheText(error)) throw error;
      const renewed = await this.#renew(engine);
      if (!(await this.#refresh(engine)) && !renewed) throw error;
      return await once();
    }
  }

  relation(table: TableName, range: TimeRange): string {
    return readFrom(table, filesOf(this.manifests()[table], range));
  }

  focus(range: TimeRange | null): Promise<void> {
    return this.use(async () => {}, { focus: range });
  }

  narrow(sql: string, values: readonly Value[] = []): Promise<Files> {
    return this.#inTurn((engine) => this.#narrow(engine, sql, values));
  }

  fetchFiles(table: TableName, files: readonly ManifestFile[]): Promise<string> {
    const small = this.#begin(table, files);
    return this.#inTurn(async (engine) => {
      await Promise.all(small.map((file) => this.#holdWhole(engine, fileName(table, file.path))));
      return readFrom(table, files);
    });
  }

  use<T>(task: (db: AsyncDuckDB, session: AsyncDuckDBConnection) => Promise<T>, options: UseOptions = {}): Promise<T> {
    return this.#inTurn(async (engine) => {
      this.#focusAs(options);
      const isToShow = options.focus !== undefined || this.#state.shown.size === 0;
      if (!options.withoutViews && isToShow) await this.#show(engine, this.#filesIn({}));
      return task(engine.db, engine.session);
    }, options);
  }

  refresh(): Promise<boolean> {
    return this.#inTurn((engine) => this.#refresh(engine));
  }

  manifests(): Readonly<Manifests> {
    return this.#manifests ?? { rawdata: null, aggregated: null };
  }

  async fetched(): Promise<Fetched> {
    const engine = await this.#engine;
    return sum(this.#before, engine ? await engine.count.settled() : noBytes);
  }

  async close(): Promise<void> {
    this.#stopLive();
    this.#closing.abort(new ConnectError('lake: closed; open it again with connect()'));
    await this.#end();
  }

  // The worker, and whose turn it is

  /** One thing at a time: the worker has one thread, and views must not change under a query. */
  #inTurn<T>(task: (engine: Engine) => Promise<T>, { signal }: RunOptions = {}): Promise<T> {
    const done = this.#last.then(() => this.#attempt(task, signal));
    this.#last = done.catch(() => {});
    return done;
  }

  /** Runs a task until it ends or is stopped; a worker that was stopped, or broke, is replaced. */
  async #attempt<T>(task: (engine: Engine) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const stopping = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    stopping.throwIfAborted();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(stopping.reason);
    stopping.addEventListener('abort', stop, { once: true });
    try {
      const running = this.#ready().then((engine) => {
        // Stopped while the worker started: it is being ended, and another will start.
        stopping.throwIfAborted();
        return task(engine);
      });
      return await Promise.race([running, stopped]);
    } catch (error) {
      if (stopping.aborted || isTrap(error)) await this.#recycle();
      throw error;
    } finally {
      stopping.removeEventListener('abort', stop);
    }
  }

  async #recycle(): Promise<void> {
    await this.#end();
    if (this.#closing.signal.aborted) return;
    this.#options.onRecycled?.();
    // The next statement waits for it, and tells if it fails.
    this.#ready().catch(() => {});
  }

  async #end(): Promise<void> {
    const engine = await this.#engine?.catch(() => null);
    this.#engine = null;
    this.#state = new WorkerState();
    this.#live?.forgetTable();
    if (!engine) return;
    this.#before = sum(this.#before, engine.count.latest());
    await engine.end();
  }

  /** The engine at hand with the lake's files, or a new one. */
  async #ready(): Promise<Engine> {
    this.#closing.signal.throwIfAborted();
    this.#engine ??= this.#start();
    const engine = await this.#engine;
    await this.#renew(engine);
    return engine;
  }

  async #start(): Promise<Engine> {
    try {
      const starting = startEngine({
        bundle: this.#options.bundle,
        onBytes: this.#options.onBytes,
        onFetched: (fetched) => this.#options.onFetched?.(sum(this.#before, fetched)),
      });
      const reading = this.#source.manifests(starting).then((manifests) => {
        if (!this.#manifests) this.#beginAhead(manifests);
        return manifests;
      });
      const [engine, manifests] = await settled(starting, reading);
      await this.#take(engine, manifests);
      return engine;
    } catch (error) {
      this.#engine = null;
      throw error;
    }
  }

  async #run(engine: Engine, sql: string, values: readonly Value[] = []) {
    try {
      return await sendQuery(engine.session, sql, values);
    } catch (cause) {
      throw new QueryError(sql, cause);
    }
  }

  // The lake's files, as the views see them

  async #refresh(engine: Engine): Promise<boolean> {
    const read = await this.#source.manifests(Promise.resolve(engine));
    const known = this.manifests();
    if (tableNames.every((table) => read[table]?.version === known[table]?.version)) return false;
    await this.#take(engine, read);
    return true;
  }

  async #take(engine: Engine, manifests: Manifests): Promise<void> {
    const before = this.#manifests;
    this.#manifests = manifests;
    try {
      await this.#registerAll(engine);
      await this.#live?.write(engine.session, Date.now());
      await this.#forgetLive(engine);
      // To make the views DuckDB reads the footer of a file: the first of them wait for who asks them.
      if (this.#state.shown.size > 0) await this.#show(engine, this.#filesIn({}));
      await this.#forget(engine);
    } catch (error) {
      // Half taken in: the next reading must find it new.
      this.#manifests = before;
      throw error;
    }
  }

  /** Rows that have come in a file are live no more. */
  async #forgetLive({ session }: Engine): Promise<void> {
    const live = this.#live;
    if (!live || live.fromAt === Infinity) return;
    const files = filesOf(this.manifests().aggregated, { fromAt: live.fromAt, toAt: Infinity });
    await live.forgetThoseIn(session, queryOf('aggregated', files));
    await live.write(session, Date.now());
  }

  async #register(engine: Engine, table: TableName, { path, bytes }: ManifestFile): Promise<void> {
    const name = fileName(table, path);
    if (this.#state.registered.has(name)) return;
    await this.#source.register(engine, name, { table, path, bytes });
    this.#state.registered.add(name);
  }

  /** Registers all files again where their addresses have ceased to work, or soon will; true if so. */
  async #renew(engine: Engine): Promise<boolean> {
    if (!(await this.#source.renew?.())) return false;
    for (const name of this.#state.registered) {
      if (this.#state.whole.has(name)) continue;
      await engine.db.dropFile(name);
      this.#state.registered.delete(name);
    }
    await this.#registerAll(engine);
    return true;
  }

  /** All in one go: each waits for an answer of the worker. */
  async #registerAll(engine: Engine): Promise<void> {
    const files = tableNames.flatMap((table) =>
      (this.manifests()[table]?.files ?? []).map((file) => ({ table, file })),
    );
    await Promise.all(files.map(({ table, file }) => this.#register(engine, table, file)));
  }

  /** Lets go of files that are no longer live. */
  async #forget(engine: Engine): Promise<void> {
    const live = new Set(
      tableNames.flatMap((table) => (this.manifests()[table]?.files ?? []).map(({ path }) => fileName(table, path))),
    );
    for (const name of this.#state.registered) {
      if (live.has(name)) continue;
      await engine.db.dropFile(name);
      this.#state.registered.delete(name);
      this.#state.whole.delete(name);
    }
  }

  /** Shows the files that a statement can need. */
  async #narrow(engine: Engine, sql: string, values: readonly Value[]): Promise<Files> {
    const evaluate = async (expression: string, bound: readonly Value[]): Promise<number | null> => {
      const table = await sendQuery(
        engine.session,
        `SELECT epoch_ms(CAST((${expression}) AS TIMESTAMP))::DOUBLE AS at`,
        bound,
      );
      return plainRows<{ at: number | null }>(table)[0]?.at ?? null;
    };
    this.#state.ownViews ||= definesView(sql);
    const needed = this.#state.ownViews ? {} : await neededTimes(sql, values, { stepMs: this.#stepMs, evaluate });
    const files = this.#filesIn(needed);
    await this.#live?.write(engine.session, Date.now());
    await this.#show(engine, files);
    return files;
  }

  /** The longest step of the rows; a row spans no more. */
  get #stepMs(): number {
    const files = this.manifests().aggregated?.files ?? [];
    return files.reduce((most, { stepMs = longestStepMs }) => Math.max(most, stepMs), 0);
  }

  #filesIn(needed: Needed): Files {
    const inFocus = (table: TableName): ManifestFile[] => {
      const { fromAt, toAt } = needed[table] ?? everything;
      const range = { fromAt: Math.max(fromAt, this.#focus.fromAt), toAt: Math.min(toAt, this.#focus.toAt) };
      return filesOf(this.manifests()[table], range);
    };
    return { rawdata: inFocus('rawdata'), aggregated: inFocus('aggregated') };
  }

  /** Lets the views read these files. The views on top are bound anew whenever they are used. */
  async #show(engine: Engine, files: Files): Promise<void> {
    const { shown } = this.#state;
    const first = shown.size === 0;
    for (const table of tableNames) {
      const live = table === 'aggregated' ? this.#live : null;
      const sql = `${queryOf(table, files[table])}${live ? ` UNION ALL SELECT * FROM ${live.table}` : ''}`;
      if (shown.get(table) === sql) continue;
      shown.delete(table);
      await this.#run(engine, `CREATE OR REPLACE VIEW ${table} AS ${sql}`);
      shown.set(table, sql);
    }
    // All in one message: each costs a round trip to the worker.
    if (first) await engine.session.query(duckdbViews().join(';\n'));
  }

  #beginAhead(manifests: Manifests): void {
    const { ahead = {} } = this.#options;
    for (const table of tableNames) if (ahead[table]) this.#begin(table, filesOf(manifests[table], ahead[table]));
  }

  /** Begins to fetch the small ones of these files, and gives them. */
  #begin(table: TableName, files: readonly ManifestFile[]): ManifestFile[] {
    const small = files.filter((file) => file.bytes <= wholeBytes);
    for (const file of small) if (!this.#coming.has(fileName(table, file.path))) this.#come(table, file);
    return small;
  }

  /** Begins to fetch a small file as a whole, out of turn: DuckDB asks some 5 requests a file, one after the other. */
  #come(table: TableName, file: ManifestFile): void {
    const name = fileName(table, file.path);
    const { whole } = this.#state;
    const held = [...whole.values(), ...[...this.#coming.values()].map(({ bytes }) => bytes), file.bytes];
    if (whole.has(name) || held.reduce((bytes, each) => bytes + each, 0) > mostWholeBytes) return;
    const fetched = this.#source.fetchWhole({ table, ...file });
    // Waited for in turn, where a failure is told.
    fetched.catch(() => {});
    this.#coming.set(name, { bytes: file.bytes, fetched });
  }

  async #holdWhole({ db, count }: Engine, name: string): Promise<void> {
    const coming = this.#coming.get(name);
    if (!coming || this.#state.whole.has(name)) return;
    try {
      const bytes = await coming.fetched;
      if (!bytes) return;
      this.#before = sum(this.#before, { bytes: bytes.length, requests: 1 });
      this.#options.onFetched?.(sum(this.#before, count.latest()));
      await db.dropFile(name);
      await db.registerFileBuffer(name, bytes);
      this.#state.whole.set(name, coming.bytes);
    } finally {
      this.#coming.delete(name);
    }
  }
}

/** Both, or the worker ended again. */
async function settled<T>(starting: Promise<Engine>, other: Promise<T>): Promise<[Engine, T]> {
  try {
    return await Promise.all([starting, other]);
  } catch (error) {
    starting.then(
      (engine) => engine.end(),
      () => {},
    );
    throw error;
  }
}

const noBytes: Fetched = { bytes: 0, requests: 0 };
const longestStepMs = 86_400_000;

function sum(one: Fetched, other: Fetched): Fetched {
  return { bytes: one.bytes + other.bytes, requests: one.requests + other.requests };
}

function queryOf(table: TableName, files: readonly ManifestFile[]): string {
  return tableQuery(
    table,
    files.map(({ path }) => path),
  );
}

function readFrom(table: TableName, files: readonly ManifestFile[]): string {
  return `(${queryOf(table, files)})`;
}

function definesView(sql: string): boolean {
  const words = new Set(tokens(sql).map(({ text }) => text.toLowerCase()));
  return words.has('create') && ['view', 'macro', 'function'].some((thing) => words.has(thing));
}

/** A fault of the statement, which other files would not mend. */
function isOfTheText(error: unknown): boolean {
  return error instanceof QueryError && /^(Parser|Binder|Catalog|Conversion|Constraint) Error/.test(error.message);
}
