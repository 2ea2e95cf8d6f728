/** Lakes of many sessions and their events, written by native DuckDB as the lake's writer lays them out. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { tables } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';

const dayMs = 86_400_000;
const names = `['beer_vitrine_nav','beer_products','beer_product_detail','beer_selection','beer_cart','beer_checkout']`;

export interface LakeOptions {
  folder: string;
  /** Rows of 30 s windows. */
  rows: number;
  /** Days before `untilAt` that they lie in. */
  days: number;
  /** Files a day; 1 is what compaction leaves. */
  perDay: number;
  untilAt: number;
  /** Also their events, some 3.3 a row, as `rawdata`. */
  events: boolean;
}

export interface TableSize {
  bytes: number;
  rows: number;
}

/** A DuckDB of one thread, or of all. */
async function openNative(threads?: number): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', threads ? { threads: String(threads) } : {});
  return instance.connect();
}

/** Native DuckDB with the views over a lake that was made here. */
export async function openNativeLake(
  { folder, events }: Pick<LakeOptions, 'folder' | 'events'>,
  threads?: number,
): Promise<DuckDBConnection> {
  const db = await openNative(threads);
  for (const table of ['rawdata', 'aggregated'] as const) {
    const empty = tables[table].map(({ name, type }) => `CAST(NULL AS ${type}) AS ${name}`).join(', ');
    const rows =
      table === 'rawdata' && !events
        ? `SELECT ${empty} WHERE false`
        : `SELECT * FROM read_parquet('${folder}/${table}/**/*.parquet', hive_partitioning = false)`;
    await db.run(`CREATE VIEW ${table} AS ${rows}`);
  }
  for (const view of duckdbViews()) await db.run(view);
  return db;
}

/** Writes a lake, the same for the same options. */
export async function makeSessions(options: LakeOptions): Promise<{ aggregated: TableSize; rawdata: TableSize }> {
  const { rows, days, untilAt } = options;
  const startAt = untilAt - days * dayMs;
  const db = await openNative();
  await db.run('SELECT setseed(0.42)');
  await db.run(`CREATE TABLE made AS SELECT i, b, b - b % 30000 AS t, ev, u, d, n1, n2,
      'abcdefgh' || lpad(CAST(i AS VARCHAR), 8, '0') AS instance,
      CASE WHEN ev = 1 THEN 0 ELSE least(CAST(random() * 30000 AS BIGINT), 29999 - b % 30000) END AS len
    FROM (SELECT i, ${startAt}::BIGINT + CAST(i * ${(days * dayMs) / rows} AS BIGINT) AS b,
        CAST(1 + floor(pow(random(), 2) * 8) AS BIGINT) AS ev,
        CAST(CAST(random() * random() * ${Math.max(200, Math.round(rows / 12))} AS BIGINT) AS VARCHAR) AS u,
        ['mobile', 'mobile', 'computer', 'tablet'][1 + CAST(floor(random() * 4) AS INTEGER)] AS d,
        ${names}[1 + CAST(floor(random() * random() * 6) AS INTEGER)] AS n1,
        ${names}[1 + CAST(floor(random() * 6) AS INTEGER)] AS n2
      FROM range(${rows}) r(i)) ORDER BY b`);
  const aggregated = await writeTable(db, options, { table: 'aggregated', time: 'timeagg', select: windows });
  const nothing = { bytes: 0, rows: 0 };
  const rawdata = options.events
    ? await writeTable(db, options, { table: 'rawdata', time: 'received_at', select: clicks })
    : nothing;
  db.closeSync();
  return { aggregated, rawdata };
}

const windows = `upper(u || '_' || substring(d, 1, 3) || (t // 1000)) AS session_id, u AS user_id,
  d AS device_id, epoch_ms(t) AS timeagg, ev AS events, n1 AS beginnavigation,
  CASE WHEN ev = 1 THEN n1 ELSE n2 END AS endnavigation,
  epoch_ms(b) AS beginsession, epoch_ms(b + len) AS endsession, len // 1000 AS duration_sec,
  instance || '-00000001' AS begin_event_id, instance || '-0000000' || ev AS end_event_id,
  epoch_ms(b) AS window_open, 's30000-r30000/' || instance || '-00000001' AS row_id
FROM made`;

const clicks = `instance || '-0000000' || k AS event_id, u AS user_id, d AS device_id,
  CASE WHEN k = 1 THEN n1 WHEN k = ev THEN n2 ELSE ${names}[1 + CAST((i + k) % 6 AS INTEGER)] END AS client_event,
  epoch_ms(b + CASE WHEN ev = 1 THEN 0 ELSE (k - 1) * len // (ev - 1) END) AS client_timestamp,
  epoch_ms(b + 40000) AS received_at,
  'https://shop.example/beers/' || i % 40 AS page_url, 'Beers' AS page_title, CAST(NULL AS VARCHAR) AS referrer,
  d AS device_type, MAP {'beer': 'beer ' || i % 40} AS properties, 12 AS clock_offset_ms, '203.0.113.0' AS ip,
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36' AS user_agent
FROM (SELECT *, unnest(range(1, ev + 1)) AS k FROM made WHERE true)`;

async function writeTable(
  db: DuckDBConnection,
  { folder, days, perDay, untilAt }: LakeOptions,
  { table, time, select }: { table: string; time: string; select: string },
): Promise<TableSize> {
  const files = [];
  const sliceMs = dayMs / perDay;
  for (let from = untilAt - days * dayMs; from < untilAt; from += sliceMs) {
    const path = `${dayFolder(from)}/made-${from}.parquet`;
    const target = join(folder, table, path);
    mkdirSync(dirname(target), { recursive: true });
    const of = `b >= ${from} AND b < ${from + sliceMs}`;
    const text = select.includes('WHERE true') ? select.replace('true', of) : `${select} WHERE ${of}`;
    await db.run(`COPY (SELECT ${text} ORDER BY b) TO '${target}' (FORMAT PARQUET, COMPRESSION ZSTD)`);
    const found = await db.runAndReadAll(`SELECT count(*)::DOUBLE, min(epoch_ms(${time}))::DOUBLE,
      max(epoch_ms(${time}))::DOUBLE FROM read_parquet('${target}')`);
    const [count, minAt, maxAt] = found.getRows()[0]!.map(Number);
    files.push({
      path,
      bytes: statSync(target).size,
      rows: count!,
      minAt,
      maxAt,
      sealed: perDay === 1,
      stepMs: 30_000,
    });
  }
  const manifest = { format: 1, table, version: 1, committedAt: untilAt, files, removed: [], marks: {} };
  writeFileSync(join(folder, table, 'manifest.json'), JSON.stringify(manifest));
  return {
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    rows: files.reduce((sum, file) => sum + file.rows, 0),
  };
}

function dayFolder(at: number): string {
  const day = new Date(at);
  return `year=${day.getUTCFullYear()}/month=${two(day.getUTCMonth() + 1)}/day=${two(day.getUTCDate())}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
