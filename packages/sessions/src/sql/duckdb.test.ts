import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickEvent, SessionRow } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSessionizer } from '../engine/sessionizer.ts';
import { windowPresets } from '../stagger-window.ts';
import { type Session, lagSessionsOf, sessionsOf } from '../testing/brute-force.ts';
import { loadTables } from '../testing/load-tables.ts';
import { type NativeDuckDb, openNativeDuckDb } from '../testing/native.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { openWasmDuckDb } from '../testing/wasm.ts';
import { batchSessions, duckdbViews } from './duckdb.ts';

const window = windowPresets.seconds;
const seeds = Array.from({ length: 300 }, (_, i) => i + 1);

/** A visitor's clicks, in the order of their arrival: late, copied, tied. The seed is the user. */
function arrivals(seed: number): ClickEvent[] {
  const random = seededRandom(seed);
  const clicks: ClickEvent[] = [];
  const spanMs = [20_000, 90_000, 600_000, 4_000_000][seed % 4] as number;
  for (let i = 0; i < 2 + random() * 30; i += 1) {
    const copied = clicks[Math.floor(random() * clicks.length * 6)];
    const atMs = Math.floor(random() * spanMs);
    const tie = clicks.at(-1)?.client_timestamp;
    clicks.push(
      copied ??
        click({
          user_id: `seed ${seed}`,
          device_id: random() < 0.9 ? 'mobile' : 'tablet',
          client_event: `e${i}`,
          event_id: `s${seed}-${String(Math.floor(random() * 1e6)).padStart(8, '0')}`,
          client_timestamp:
            random() < 0.1 && tie ? tie : testTime + (random() < 0.3 ? Math.floor(atMs / 15_000) * 15_000 : atMs),
        }),
    );
  }
  return clicks.map((event, i) => ({ ...event, received_at: testTime + i * 1000 }));
}

/** Rows of an engine that closes windows when it likes, some of them copied. */
function rowsOf(events: readonly ClickEvent[], seed: number): SessionRow[] {
  const random = seededRandom(-seed);
  const sessionizer = createSessionizer(window, { maxOpenWindows: 1 + Math.floor(random() * 5) });
  const rows = events.flatMap((event) => [
    ...sessionizer.push(event, event.received_at),
    ...(random() < 0.1 ? sessionizer.drain() : []),
  ]);
  rows.push(...sessionizer.drain());
  return [...rows, ...rows.filter(() => random() < 0.2)];
}

/** Written as the brute force writes it. */
function point(at: unknown, id: unknown, name: unknown): string {
  return [String(at).padStart(15, '0'), id, name].join(' ');
}

/** What the database found, in the form of the brute force. */
function found(rows: Record<string, unknown>[], keyOf: (row: Record<string, unknown>) => unknown[]): Session[] {
  return rows
    .map((row) => ({
      key: JSON.stringify(keyOf(row)),
      events: row.events as number,
      begin: point(row.beginsession, row.begin_event_id, row.beginnavigation),
      end: point(row.endsession, row.end_event_id, row.endnavigation),
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

const byBucket = (row: Record<string, unknown>): unknown[] => [row.user_id, row.device_id, row.timeagg];
const byBegin = (row: Record<string, unknown>): unknown[] => [row.user_id, row.device_id, row.beginsession];

describe('the views on 300 random visitors', () => {
  const events = seeds.flatMap(arrivals);
  const rows = seeds.flatMap((seed) => rowsOf(arrivals(seed), seed));
  let db: NativeDuckDb;
  beforeAll(async () => {
    db = await openNativeDuckDb();
    for (const statement of [...loadTables(events, rows), ...duckdbViews()]) await db.run(statement);
  });

  it('find the sessions of each bucket by merging rows', async () => {
    expect(found(await db.all('FROM sessions'), byBucket)).toEqual(sessionsOf(events, window.stepMs));
  });

  it('find them in rawdata alone', async () => {
    expect(found(await db.all(batchSessions(window)), byBucket)).toEqual(sessionsOf(events, window.stepMs));
  });

  it.each([30_000, 30_001, 45_000, 60_000, 300_000, 1_800_000])('find the lag sessions of %i ms', async (gapMs) => {
    const within = await db.all(`FROM sessions_within(INTERVAL '${gapMs} milliseconds')`);
    expect(found(within, byBegin)).toEqual(lagSessionsOf(events, gapMs));
  });
});

describe('clicks_today and clicks_month', () => {
  it.each([
    ['native DuckDB', openNativeDuckDb],
    ['DuckDB-WASM', openWasmDuckDb],
  ])('hold the day and the month of UTC, in %s', async (_, open) => {
    const db = await open();
    const now = new Date();
    const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
    const thisMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
    const nextMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);
    const at = [
      today - 1,
      today,
      today + 86_399_999,
      today + 86_400_000,
      thisMonth,
      thisMonth - 1,
      nextMonth - 1,
      nextMonth,
    ];
    const sessionizer = createSessionizer(window);
    const events = at.map((client_timestamp, i) => click({ client_timestamp, user_id: `${i}` }));
    for (const event of events) sessionizer.push(event, now.getTime());
    for (const statement of [...loadTables(events, [...sessionizer.drain()]), ...duckdbViews()])
      await db.run(statement);
    const days = (await db.all('SELECT beginsession FROM clicks_today')).map((row) => row.beginsession as number);
    const months = (await db.all('SELECT beginsession FROM clicks_month')).map((row) => row.beginsession as number);
    expect(days.toSorted((a, b) => a - b)).toEqual(
      at.filter((t) => t >= today && t < today + 86_400_000).toSorted((a, b) => a - b),
    );
    expect(months.toSorted((a, b) => a - b)).toEqual(
      at.filter((t) => t >= thisMonth && t < nextMonth).toSorted((a, b) => a - b),
    );
  });
});

describe('events', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taphouse-events-'));
    const db = await openNativeDuckDb();
    // 6,000 events, every twentieth twice, in small row groups, with and without properties.
    await db.run(`CREATE TABLE sent AS SELECT 'e-' || i AS event_id, 'u' || i % 500 AS user_id,
      CASE WHEN i % 3 = 0 THEN 'mobile' ELSE 'tablet' END AS device_id, 'ev' || i % 6 AS client_event,
      epoch_ms(${testTime} + i * 977) AS client_timestamp, epoch_ms(${testTime} + i * 977 + 100) AS received_at,
      '/' || i AS page_url, NULL::VARCHAR AS page_title, NULL::VARCHAR AS referrer, 'mobile' AS device_type,
      CASE WHEN i % 4 = 0 THEN MAP(['n'], ['' || i]) WHEN i % 4 = 1 THEN NULL ELSE MAP([]::VARCHAR[], []::VARCHAR[]) END AS properties,
      0::INTEGER AS clock_offset_ms, NULL::VARCHAR AS ip, NULL::VARCHAR AS user_agent FROM range(6000) AS t(i)`);
    await db.run(`COPY (SELECT * FROM sent UNION ALL SELECT * FROM sent WHERE hash(event_id) % 20 = 0)
      TO '${folder}/rawdata.parquet' (ROW_GROUP_SIZE 2048)`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['native DuckDB', openNativeDuckDb],
    ['DuckDB-WASM', openWasmDuckDb],
  ])('are without copies, and stand any filter with their properties, in %s', async (_, open) => {
    const db = await open();
    for (const statement of loadTables([])) await db.run(statement);
    await db.run('DROP TABLE rawdata');
    await db.run(`CREATE VIEW rawdata AS SELECT * FROM read_parquet('${folder}/rawdata.parquet')`);
    for (const statement of duckdbViews()) await db.run(statement);
    const counted = await db.all('SELECT count(*) AS n, count(DISTINCT event_id) AS ids FROM events');
    expect(counted).toEqual([{ n: 6_000, ids: 6_000 }]);
    const rows = async (condition: string): Promise<number> =>
      (await db.all(`SELECT * FROM events WHERE ${condition}`)).length;
    expect(await rows("user_id = 'nobody'")).toBe(0);
    expect(await rows("user_id = 'u8'")).toBe(12);
    expect(await rows(`client_timestamp > epoch_ms(${testTime + 5_990 * 977}::BIGINT)`)).toBe(9);
    expect(await rows("hash(event_id) % 20 = 0 AND user_id = 'u7'")).toBeLessThan(20);
    expect(await rows("list_contains(map_values(properties), '8') AND user_id = 'u8'")).toBe(1);
  });
});

it('refuses a step that is none', () => {
  expect(() => batchSessions({ stepMs: 0.5 })).toThrow(RangeError);
  expect(() => batchSessions({ stepMs: Number.NaN })).toThrow(/stepMs is NaN/);
});
