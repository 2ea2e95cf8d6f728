import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** DuckDB-WASM 1.28.0 as the dashboard has it, run in Node without a worker. */
export interface WasmDuckDb {
  run(sql: string): void;
  /** Rows with BIGINT as number and TIMESTAMP as milliseconds since 1970 UTC. */
  all(sql: string): Record<string, unknown>[];
}

export async function openWasmDuckDb(): Promise<WasmDuckDb> {
  const require = createRequire(import.meta.url);
  const duckdb = require('@duckdb/duckdb-wasm/blocking') as typeof import('@duckdb/duckdb-wasm/blocking');
  const dist = dirname(require.resolve('@duckdb/duckdb-wasm'));
  const bundle = (kind: string): { mainModule: string; mainWorker: string } => ({
    mainModule: join(dist, `duckdb-${kind}.wasm`),
    mainWorker: '',
  });
  const bundles = { mvp: bundle('mvp'), eh: bundle('eh') };
  const db = await duckdb.createDuckDB(bundles, new duckdb.VoidLogger(), duckdb.NODE_RUNTIME);
  await db.instantiate(() => {});
  const connection = db.connect();
  return {
    run: (sql) => void connection.query(sql),
    all: (sql) =>
      connection
        .query(sql)
        .toArray()
        .map((row) => plain(row.toJSON() as Record<string, unknown>)),
  };
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}
