/** Lakes of many sessions, written by native DuckDB as the lake's writer lays them out. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// The bench is outside the workspace: it takes the packages' own DuckDB.
const require = createRequire(new URL('../../packages/analytics/package.json', import.meta.url));
const { DuckDBInstance } = (await import(require.resolve('@duckdb/node-api'))) as typeof import('@duckdb/node-api');

export type Database = Awaited<ReturnType<InstanceType<typeof DuckDBInstance>['connect']>>;

const dayMs = 86_400_000;
const names = `['beer_vitrine_nav','beer_products','beer_product_detail','beer_selection','beer_cart','beer_checkout']`;

/** A DuckDB of one thread, or of all. */
export async function openNative(threads?: number): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', threads ? { threads: String(threads) } : {});
  return instance.connect();
}

/** Rows of 30 s windows over the days before `untilAt`, in `perDay` files a day. Gives bytes and rows. */
export async function makeSessions(options: {
  folder: string;
  rows: number;
  days: number;
  perDay: number;
  untilAt: number;
}): Promise<{ bytes: number; rows: number }> {
  const { folder, rows, days, perDay, untilAt } = options;
  const startAt = untilAt - days * dayMs;
  const db = await openNative();
  await db.run('SELECT setseed(0.42)');
  await db.run(`CREATE TABLE made AS SELECT i, b, b - b % 30000 AS t, ev, u, d, n1, n2,
      CASE WHEN ev = 1 THEN 0 ELSE least(CAST(random() * 30000 AS BIGINT), 29999 - b % 30000) END AS len
    FROM (SELECT i, ${startAt}::BIGINT + CAST(i * ${(days * dayMs) / rows} AS BIGINT) AS b,
        CAST(1 + floor(pow(random(), 2) * 8) AS BIGINT) AS ev,
        CAST(CAST(random() * random() * ${Math.max(200, Math.round(rows / 12))} AS BIGINT) AS VARCHAR) AS u,
        ['mobile', 'mobile', 'computer', 'tablet'][1 + CAST(floor(random() * 4) AS INTEGER)] AS d,
        ${names}[1 + CAST(floor(random() * random() * 6) AS INTEGER)] AS n1,
        ${names}[1 + CAST(floor(random() * 6) AS INTEGER)] AS n2
      FROM range(${rows}) r(i)) ORDER BY b`);
  const files = [];
  const sliceMs = dayMs / perDay;
  for (let from = startAt; from < untilAt; from += sliceMs) {
    const day = new Date(from);
    const two = (number: number): string => String(number).padStart(2, '0');
    const part = `year=${day.getUTCFullYear()}/month=${two(day.getUTCMonth() + 1)}/day=${two(day.getUTCDate())}`;
    const path = `${part}/made-${from}.parquet`;
    const target = join(folder, 'aggregated', path);
    mkdirSync(dirname(target), { recursive: true });
    await db.run(`COPY (SELECT upper(u || '_' || substring(d, 1, 3) || (t // 1000)) AS session_id, u AS user_id,
        d AS device_id, epoch_ms(t) AS timeagg, ev AS events, n1 AS beginnavigation, n2 AS endnavigation,
        epoch_ms(b) AS beginsession, epoch_ms(b + len) AS endsession, len // 1000 AS duration_sec,
        'abcdefgh' || lpad(CAST(i AS VARCHAR), 8, '0') || '-00000001' AS begin_event_id,
        'abcdefgh' || lpad(CAST(i AS VARCHAR), 8, '0') || '-0000000' || ev AS end_event_id,
        epoch_ms(b) AS window_open, 's30000-r30000/abcdefgh' || lpad(CAST(i AS VARCHAR), 8, '0') || '-00000001' AS row_id
      FROM made WHERE b >= ${from} AND b < ${from + sliceMs} ORDER BY b) TO '${target}' (FORMAT PARQUET, COMPRESSION ZSTD)`);
    const found = await db.runAndReadAll(`SELECT count(*)::DOUBLE, min(epoch_ms(timeagg))::DOUBLE,
      max(epoch_ms(timeagg))::DOUBLE FROM read_parquet('${target}')`);
    const [count, minAt, maxAt] = found.getRows()[0]!.map(Number);
    files.push({ path, bytes: statSync(target).size, rows: count!, minAt, maxAt, sealed: perDay === 1, stepMs: 30_000 });
  }
  const manifest = { format: 1, table: 'aggregated', version: 1, committedAt: untilAt, files, removed: [], marks: {} };
  writeFileSync(join(folder, 'aggregated', 'manifest.json'), JSON.stringify(manifest));
  db.closeSync();
  return { bytes: files.reduce((sum, file) => sum + file.bytes, 0), rows: files.reduce((sum, file) => sum + file.rows, 0) };
}
