import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { type TableName, tables } from '@taphouse/schema';
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createView, quoteText } from '../sql/table-ddl.ts';
import { makeLake } from '../testing.ts';
import { type Database, openDatabase } from './database.ts';
import { joinParquet } from './join-parquet.ts';
import { type Lake, openLake } from './lake.ts';
import { parquetOptions } from './parquet-writer.ts';

interface Wasm {
  query(sql: string): { toArray(): { toJSON(): Record<string, unknown> }[] };
}

const size = 5000;
let folder: string;
let lake: Lake;
let native: Database;
let wasm: Wasm;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-'));
  const index = Array.from({ length: size }, (_, each) => each);
  await makeLake({
    folder,
    commits: 3,
    events: index.map((each) =>
      click({
        user_id: `user ${each % 97} 🍺`,
        client_timestamp: testTime + each * 61,
        page_url: each % 3 === 0 ? null : `https://shop.example/${each}`,
        properties: each % 5 === 0 ? {} : { beer: `ale ${each % 7}`, price: String(each) },
        clock_offset_ms: each % 2 === 0 ? null : each - 2500,
        ip: null,
      }),
    ),
    rows: index.map((each) =>
      sessionRow({
        user_id: String(each),
        events: each,
        beginsession: testTime + each * 61,
        endsession: testTime + each * 65,
      }),
    ),
  });
  lake = await openLake({ folder });
  native = await openDatabase();
  wasm = await openWasm();
}, 60_000);

afterAll(async () => {
  native.close();
  await lake.close();
  await rm(folder, { recursive: true });
});

describe.each(['rawdata', 'aggregated'] as const)('DuckDB-WASM 1.28.0 reads %s as native DuckDB does', (table) => {
  it('from files as committed', async () => {
    const { inWasm, inNative } = await fingerprints(table);
    expect(inNative?.rows).toBe(size);
    expect(inWasm).toEqual(inNative);
  });

  it('from files joined as they are', async () => {
    const before = await pathsOf(table);
    const [once, joined] = ['once', 'joined'].map((name) => join(folder, `${table}-${name}.parquet`)) as [
      string,
      string,
    ];
    await native.run(
      `COPY (SELECT files.* FROM read_parquet([${before.map(quoteText).join()}]) AS files, range(13)) TO ${quoteText(once)} (${parquetOptions})`,
    );
    expect(await joinParquet([once, once], joined)).toBe(true);
    const { inWasm } = await fingerprints(table, [joined]);
    const { inNative } = await fingerprints(table, [once, once]);
    expect(inNative?.rows).toBe(size * 26);
    expect(inWasm).toEqual(inNative);
  });

  it('from sealed files', async () => {
    await lake.compact({ before: testTime + 86_400_000 });
    expect((await lake.manifest(table)).files.every((file) => file.sealed)).toBe(true);
    const { inWasm, inNative } = await fingerprints(table);
    expect(inNative?.rows).toBe(size);
    expect(inWasm).toEqual(inNative);
  });
});

const pathsOf = async (table: TableName): Promise<string[]> =>
  (await lake.manifest(table)).files.map(({ path }) => join(folder, table, path));

/** Row count and a digest of all content, as each engine reads the live files, or others. */
async function fingerprints(
  table: TableName,
  paths?: readonly string[],
): Promise<Record<'inWasm' | 'inNative', Record<string, unknown> | undefined>> {
  const view = createView(table, paths ?? (await pathsOf(table)));
  await native.run(view);
  wasm.query(view);
  const content = tables[table].map(({ name }) => `coalesce(CAST(${name} AS VARCHAR), '-')`).join(", '|', ");
  const sql = `SELECT CAST(count(*) AS INTEGER) AS rows, md5(string_agg(line, ';' ORDER BY line)) AS content FROM (SELECT concat(${content}) AS line FROM ${table})`;
  const [there] = wasm.query(sql).toArray();
  const [here] = await native.rows(sql);
  return { inWasm: there?.toJSON(), inNative: here };
}

async function openWasm(): Promise<Wasm> {
  const require = createRequire(import.meta.url);
  const duckdb = require('@duckdb/duckdb-wasm/blocking') as typeof import('@duckdb/duckdb-wasm/blocking');
  const dist = dirname(require.resolve('@duckdb/duckdb-wasm'));
  const module = (kind: string) => ({ mainModule: join(dist, `duckdb-${kind}.wasm`), mainWorker: '' });
  const bundles = { mvp: module('mvp'), eh: module('eh') };
  const db = await duckdb.createDuckDB(bundles, new duckdb.VoidLogger(), duckdb.NODE_RUNTIME);
  await db.instantiate(() => {});
  return db.connect();
}
