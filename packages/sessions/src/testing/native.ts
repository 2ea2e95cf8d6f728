import { DuckDBInstance, DuckDBTimestampValue } from '@duckdb/node-api';

/** Native DuckDB in memory, on one thread, in a far time zone that must not matter. */
export interface NativeDuckDb {
  run(sql: string): Promise<void>;
  /** Rows with BIGINT as number and TIMESTAMP as milliseconds since 1970 UTC. */
  all(sql: string): Promise<Record<string, unknown>[]>;
}

export async function openNativeDuckDb(): Promise<NativeDuckDb> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run("SET timezone = 'Asia/Tokyo'");
  return {
    run: async (sql) => void (await connection.run(sql)),
    all: async (sql) => (await connection.runAndReadAll(sql)).getRowObjects().map(plain),
  };
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, number(value)]));
}

function number(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof DuckDBTimestampValue ? Number(value.micros / 1000n) : value;
}
