import type { SessionRow } from '@taphouse/schema';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSessionizer } from './engine/sessionizer.ts';
import { athenaBatchSessions, athenaSessionsWithin, athenaViews, batchSessions, duckdbViews } from './sql/index.ts';
import { type GoldenPair, loadGoldenPairs } from './testing/golden-pairs.ts';
import { loadTables } from './testing/load-tables.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { openNativeDuckDb } from './testing/native.ts';
import { openWasmDuckDb } from './testing/wasm.ts';

interface Engine {
  run(sql: string): Promise<void> | void;
  all(sql: string): Promise<Record<string, unknown>[]> | Record<string, unknown>[];
}

const engines: [string, () => Promise<Engine>][] = [
  ['native DuckDB', openNativeDuckDb],
  ['DuckDB-WASM', openWasmDuckDb],
];

describe.each(engines)('golden pairs in %s', (_name, open) => {
  let db: Engine;
  beforeAll(async () => {
    db = await open();
  });

  it.each(loadGoldenPairs())('$name: the rows of the engine, merged, are the sessions', async (pair) => {
    await load(db, pair, engineRows(pair));
    expect(await db.all('SELECT * FROM sessions ORDER BY user_id, device_id, timeagg')).toEqual(pair.sessions);
    for (const { gapMs, sessions } of pair.within)
      expect(await db.all(within(gapMs)), `gap ${gapMs} ms`).toEqual(sessions);
  });

  it.each(loadGoldenPairs())('$name: windows closed early and rows copied at random change nothing', async (pair) => {
    await load(db, pair, unrulyRows(pair, seededRandom(1)));
    expect(await db.all('SELECT * FROM sessions ORDER BY user_id, device_id, timeagg')).toEqual(pair.sessions);
    for (const { gapMs, sessions } of pair.within)
      expect(await db.all(within(gapMs)), `gap ${gapMs} ms`).toEqual(sessions);
  });

  it.each(loadGoldenPairs())('$name: the batch query finds the same sessions in rawdata', async (pair) => {
    await load(db, pair, []);
    const batch = `SELECT * FROM (${batchSessions(pair)}) ORDER BY user_id, device_id, timeagg`;
    expect(await db.all(batch)).toEqual(pair.sessions);
  });
});

function asDuckDb(text: string): string {
  return text.replaceAll("date_add('millisecond'", "trino_date_add('millisecond'").replaceAll('taphouse.', '');
}

function ordered(query: string, by: string): string {
  return `SELECT * FROM (${asDuckDb(query)}) ORDER BY user_id, device_id, ${by}`;
}

/**
 * Athena's text, run by DuckDB: they share all words but date_add. What Trino makes of it is for Trino to say; this holds
 * the text to the meaning.
 */
describe('golden pairs in the Athena dialect', () => {
  let db: Engine;
  beforeAll(async () => {
    db = await openNativeDuckDb();
    await db.run('CREATE MACRO trino_date_add(unit, millis, start) AS start + to_milliseconds(millis)');
    await db.run('CREATE SCHEMA taphouse');
  });
  it.each(loadGoldenPairs())('$name', async (pair) => {
    await load(db, pair, unrulyRows(pair, seededRandom(3)));
    const [events, sessions] = athenaViews();
    await db.run(asDuckDb(events as string));
    await db.run(asDuckDb(sessions as string));
    expect(await db.all('SELECT * FROM sessions ORDER BY user_id, device_id, timeagg')).toEqual(pair.sessions);
    expect(await db.all(ordered(athenaBatchSessions(pair), 'timeagg'))).toEqual(pair.sessions);
    for (const { gapMs, sessions } of pair.within)
      expect(await db.all(ordered(athenaSessionsWithin({ gapMs }), 'beginsession'))).toEqual(sessions);
  });
});

async function load(db: Engine, pair: GoldenPair, rows: SessionRow[]): Promise<void> {
  const rawdata = pair.clicks.map(({ event }) => event);
  for (const statement of [...loadTables(rawdata, rows), ...duckdbViews()]) await db.run(statement);
}

function engineRows(pair: GoldenPair): SessionRow[] {
  const sessionizer = createSessionizer({ stepMs: pair.stepMs, rangeMs: pair.rangeMs });
  const rows = pair.clicks.flatMap(({ event, arrivedAt }) => sessionizer.push(event, arrivedAt));
  return [...rows, ...sessionizer.drain()];
}

/** Rows of an engine that closes windows when it likes, in any order, some of them more than once. */
function unrulyRows(pair: GoldenPair, random: () => number): SessionRow[] {
  const maxOpenWindows = 1 + Math.floor(random() * 4);
  const sessionizer = createSessionizer({ stepMs: pair.stepMs, rangeMs: pair.rangeMs }, { maxOpenWindows });
  const rows: SessionRow[] = [];
  for (const { event, arrivedAt } of pair.clicks) {
    rows.push(...sessionizer.push(event, arrivedAt));
    if (random() < 0.3) rows.push(...sessionizer.drain());
  }
  rows.push(...sessionizer.drain());
  const copies = rows.filter(() => random() < 0.4);
  return [...rows, ...copies]
    .map((row) => ({ row, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ row }) => row);
}

function within(gapMs: number): string {
  return `SELECT * FROM sessions_within(INTERVAL '${gapMs} milliseconds') ORDER BY user_id, device_id, beginsession`;
}
