import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** A DuckDB of our own, in memory, for writing and reading Parquet. */
export interface Database {
  readonly connection: DuckDBConnection;
  run(sql: string): Promise<void>;
  /** Rows as objects; TIMESTAMP and BIGINT as DuckDB gives them in JavaScript. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** Another connection to it, for a statement beside others; closed by itself. */
  fork(): Promise<Database>;
  close(): void;
}

export interface DatabaseOptions {
  /** How many cores a statement may use. Default: all. */
  threads?: number;
  /** Beyond this a sort goes to `spillFolder`, bytes. Default: DuckDB's, most of the machine's. */
  maxMemoryBytes?: number;
  spillFolder?: string;
}

/** Opens one; nothing of it outlives `close`. */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...(options.threads ? { threads: String(options.threads) } : {}),
    ...(options.maxMemoryBytes ? { memory_limit: `${options.maxMemoryBytes}B` } : {}),
    ...(options.spillFolder ? { temp_directory: options.spillFolder } : {}),
    // Nothing is fetched from elsewhere at run time.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const db = await connect(instance);
  // DuckDB keeps the bytes of every file it has read, up to most of the memory: 0.4 MB more with each commit.
  await db.run(`SET enable_external_file_cache = false`);
  return {
    ...db,
    close: () => {
      db.close();
      instance.closeSync();
    },
  };
}

async function connect(instance: DuckDBInstance): Promise<Database> {
  const connection = await instance.connect();
  // Times are UTC whatever the machine's zone.
  await connection.run(`SET TimeZone = 'UTC'`);
  return {
    connection,
    run: async (sql) => {
      await connection.run(sql);
    },
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS(),
    fork: () => connect(instance),
    close: () => connection.closeSync(),
  };
}
