import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { SessionRow } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PartialRows } from '../model/partial-rows.ts';
import { sessionize, type SessionLength } from '../model/sessionize.ts';
import { type Filters, type Picture, tally } from '../model/tally.ts';
import { createRawdata } from '../testing/create-rawdata.ts';
import { shopRows } from '../testing/shop-rows.ts';
import { queries } from './queries.ts';
import { type Ask, type Question, textOf } from './question.ts';

const dayMs = 86_400_000;
const untilAt = Date.UTC(2026, 10, 23, 18);
const rows = shopRows({ rows: 2500, untilAt, spanMs: 40 * dayMs });
const kept = new PartialRows();
let native: DuckDBConnection;

beforeAll(async () => {
  for (const row of rows) kept.addLive(row);
  kept.settle();
  native = await (await DuckDBInstance.create()).connect();
  await native.run(createRawdata);
  await native.run(`CREATE TABLE aggregated AS SELECT * FROM (VALUES ${rows.map(valuesOf).join(',')}) AS t(session_id,
    user_id, device_id, timeagg, events, beginnavigation, endnavigation, beginsession, endsession, begin_event_id,
    end_event_id, window_open, row_id)`);
  for (const view of duckdbViews()) await native.run(view);
});
afterAll(() => native.closeSync());

function valuesOf(row: SessionRow): string {
  const text = [row.session_id, row.user_id, row.device_id].map((value) => `'${value}'`);
  return `(${text.join(',')},epoch_ms(${row.timeagg}),${row.events},'${row.beginnavigation}','${row.endnavigation}',
    epoch_ms(${row.beginsession}),epoch_ms(${row.endsession}),'${row.begin_event_id}','${row.end_event_id}',
    epoch_ms(${row.window_open}),'${row.row_id}')`;
}

/** Runs a question on native DuckDB; numbers and times come as numbers. */
async function ask(question: Question): Promise<Record<string, unknown>[]> {
  const found = await native.runAndReadAll(textOf(question));
  return found
    .getRowObjectsJS()
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
      ),
    );
}

function see(question: Ask, bucketMs?: number): Picture {
  const sessions = sessionize(kept, question.length ?? 'windows');
  const range = { fromAt: question.fromAt, toAt: question.toAt };
  return tally(kept, sessions, { range, filters: question.filters ?? {}, ...(bucketMs ? { bucketMs } : {}) });
}

const ranges = [1 / 24, 1, 7, 30, 1000].map((days) => ({ fromAt: untilAt - days * dayMs, toAt: untilAt + 1 }));
const lengths: SessionLength[] = ['windows', 60_000, 1_800_000];
const everyAsk: Ask[] = ranges.flatMap((range) => lengths.map((length) => ({ ...range, length })));
const named = (question: Ask): string =>
  `${(question.toAt - question.fromAt - 1) / dayMs} days, ${question.length}, ${JSON.stringify(question.filters ?? {})}`;

describe('numbers counted in the page', () => {
  it.each(everyAsk.map((question) => [named(question), question] as const))(
    'are those of native DuckDB: %s',
    async (_, question) => {
      const { page, native } = await both(question);
      expect(page).toEqual(native);
    },
  );

  const filters: Filters[] = [
    { device: 'tablet' },
    { first: 'beer_products', last: 'beer_cart' },
    { user: '112' },
    { duration: { from: 5, to: 20 } },
    { hour: { day: 0, hour: 12 }, duration: { from: 1, to: null } },
    { device: 'none of these' },
  ];
  it.each(filters.map((filter) => [JSON.stringify(filter), filter] as const))(
    'are so under a filter: %s',
    async (_, filter) => {
      const { page, native } = await both({ ...ranges[3]!, length: 1_800_000, filters: filter });
      expect(page).toEqual(native);
    },
  );
});

/** The numbers of every tile, as the page counts them and as native DuckDB does. */
async function both(question: Ask): Promise<{ page: object; native: object }> {
  const bucketMs = 3_600_000;
  const { latest, hours, flow, p90_sec, bucketMs: _, ...rest } = see(question, bucketMs);
  const page = {
    ...rest,
    p90_sec: rounded(p90_sec),
    hours: hours.filter((count) => count > 0),
    flow: sortedPairs(flow),
    latest: latest.map(lineText).toSorted(),
  };
  const [headline] = await ask(queries.headline(question));
  // A tile does not apply the filter it sets.
  const { device, duration, hour, ...others } = question.filters ?? {};
  const without = (own: { [Name in keyof Filters]: Filters[Name] | undefined }): Ask => ({
    ...question,
    filters: { ...others, ...given(own) },
  });
  const native = {
    ...headline,
    p90_sec: rounded(headline?.p90_sec),
    overTime: await ask(queries.overTime({ ...question, bucketMs })),
    byDuration: await ask(queries.byDuration(without({ device, hour }))),
    devices: await ask(queries.treeMap(without({ duration, hour }))),
    flow: sortedPairs((await ask(queries.pairs(question))) as Picture['flow']),
    hours: (await ask(queries.hours(without({ device, duration })))).map((cell) => cell.sessions),
    retention: await ask(queries.retention(question)),
    latest: ((await ask(queries.latest(question))) as unknown as Picture['latest']).map(lineText).toSorted(),
  };
  return { page, native };
}

/** Filters without the absent ones. */
function given(filters: { [Name in keyof Filters]: Filters[Name] | undefined }): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

/** Between two values SQL and JavaScript round the last bit differently. */
function rounded(value: unknown): unknown {
  return typeof value === 'number' ? value.toFixed(6) : value;
}

function sortedPairs(flow: Picture['flow']): string[] {
  return flow.map((pair) => `${pair.beginnavigation} ${pair.endnavigation} ${pair.sessions}`).toSorted();
}

function lineText(line: Picture['latest'][number]): string {
  return JSON.stringify([
    line.session_id,
    line.user_id,
    line.events,
    line.beginsession,
    line.endsession,
    line.duration_sec,
  ]);
}
