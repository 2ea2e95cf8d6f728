import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { deviceTypes, type SessionRow, tables } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { lengthsFrom } from '../dashboard/session-lengths.ts';
import { DeviceTypes } from '../model/device-types.ts';
import { EventTimes } from '../model/event-times.ts';
import { PartialRows } from '../model/partial-rows.ts';
import { sessionCurve } from '../model/session-curve.ts';
import { sessionize, type SessionLength } from '../model/sessionize.ts';
import { type Filters, type Picture, tally } from '../model/tally.ts';
import { clicksOf } from '../testing/clicks-of.ts';
import { shopRows } from '../testing/shop-rows.ts';
import { queries } from './queries.ts';
import { type Ask, type Question, textOf } from './question.ts';

const dayMs = 86_400_000;
const untilAt = Date.UTC(2026, 10, 23, 18);
const rows = shopRows({ rows: 2500, untilAt, spanMs: 40 * dayMs }).map((row, index) => {
  if (Number(row.user_id) % 2 === 0) return row;
  const session_id = `${row.user_id}_BRO${Math.floor(row.timeagg / 1000)}`;
  return { ...row, session_id, device_id: `browser-${row.user_id}-${index % 3}` };
});
/** Half the devices are random ids, as browsers have; a third of those say nothing of their type. */
const clicks = clicksOf(rows).map((event) => ({
  ...event,
  device_type: event.device_id.endsWith('1') ? null : typeOf(event.device_id),
}));
const kept = new PartialRows();
/** The events of each key in the order of (time, id). */
const eventsOfKey = new Map<number, typeof clicks>();
const types = new DeviceTypes();
for (const event of clicks) if (event.device_type) types.learn(event.device_id, event.device_type);
let native: DuckDBConnection;

beforeAll(async () => {
  rows.forEach((row, number) => kept.addLive(row, number));
  kept.settle();
  for (const event of clicks.toSorted(
    (a, b) => a.client_timestamp - b.client_timestamp || (a.event_id < b.event_id ? -1 : 1),
  )) {
    const key = kept.keys.code(kept.users.code(event.user_id), kept.devices.code(event.device_id));
    eventsOfKey.set(key, [...(eventsOfKey.get(key) ?? []), event]);
  }
  native = await (await DuckDBInstance.create()).connect();
  await native.run(`CREATE TABLE rawdata AS SELECT ${tables.rawdata.map(columnOf).join(', ')}
    FROM (VALUES ${clicks.map(clickOf).join(',')}) AS t(event_id, user_id, device_id, client_event, client_timestamp, device_type)`);
  await native.run(`CREATE TABLE aggregated AS SELECT * FROM (VALUES ${rows.map(valuesOf).join(',')}) AS t(session_id,
    user_id, device_id, timeagg, events, beginnavigation, endnavigation, beginsession, endsession, begin_event_id,
    end_event_id, window_open, row_id)`);
  for (const view of duckdbViews()) await native.run(view);
}, 60_000);
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

function columnOf({ name, type }: { name: string; type: string }): string {
  const given = ['event_id', 'user_id', 'device_id', 'client_event', 'client_timestamp', 'device_type'];
  const received = name === 'received_at' ? 'client_timestamp' : null;
  return `CAST(${given.includes(name) ? name : received} AS ${type}) AS ${name}`;
}

function clickOf(event: (typeof clicks)[number]): string {
  const type = event.device_type ? `'${event.device_type}'` : 'NULL';
  return `('${event.event_id}','${event.user_id}','${event.device_id}','${event.client_event}',epoch_ms(${event.client_timestamp}),${type})`;
}

/** A type that depends on the id alone. */
function typeOf(deviceId: string): (typeof deviceTypes)[number] {
  return deviceTypes.find((type) => type === deviceId) ?? deviceTypes[deviceId.length % deviceTypes.length]!;
}

function see(question: Ask, bucketMs?: number): Picture {
  const sessions = sessionize(kept, question.length ?? 'windows');
  const range = { fromAt: question.fromAt, toAt: question.toAt };
  const filters = question.filters ?? {};
  return tally(kept, sessions, {
    range,
    filters,
    deviceTypes: types,
    ...(filters.event === undefined ? {} : { eventTimes: timesOf(filters.event) }),
    ...(bucketMs ? { bucketMs } : {}),
  });
}

function timesOf(name: string): EventTimes {
  const times = new EventTimes();
  for (const event of clicks) {
    if (event.client_event !== name) continue;
    times.add(
      kept.keys.code(kept.users.code(event.user_id), kept.devices.code(event.device_id)),
      event.client_timestamp,
    );
  }
  return times;
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
    { type: 'tablet' },
    { type: 'unknown', hour: { day: 2, hour: 9 } },
    { event: 'beer_cart' },
    { event: 'beer_selection', type: 'mobile', duration: { from: 5, to: 20 } },
    { event: 'none of these' },
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

describe('the curve behind the slider', () => {
  it.each(ranges.map((range) => [(range.toAt - range.fromAt - 1) / dayMs, range] as const))(
    'is that of native DuckDB, over %s days',
    async (_, range) => {
      const gapsMs = lengthsFrom(30_000);
      const found = await ask(queries.byLength({ ...range, gapsMs }));
      expect(found.map(({ sessions }) => sessions)).toEqual(sessionCurve(kept, range, gapsMs));
      expect(found.map(({ pause_sec }) => pause_sec)).toEqual(gapsMs.map((gapMs) => gapMs / 1000));
    },
  );
});

describe('questions to single events', () => {
  const filters: Filters[] = [{}, { device: 'tablet' }, { duration: { from: 5, to: 20 } }, { event: 'beer_cart' }];
  it.each(filters.flatMap((filter) => lengths.map((length) => [JSON.stringify(filter), length, filter] as const)))(
    'count the events of the sessions, each once: %s, %s',
    async (_, length, filter) => {
      const question: Ask = { ...ranges[3]!, length, filters: filter };
      const events = eventsOf(question);
      const found = await ask(queries.topEvents(question));
      const names = events.map(({ client_event }) => client_event);
      expect(new Set(found.map(({ client_event }) => client_event))).toEqual(new Set(names));
      for (const { client_event, events: count, visitors } of found) {
        const own = events.filter((event) => event.client_event === client_event);
        expect([client_event, count, visitors]).toEqual([
          client_event,
          own.length,
          new Set(own.map(({ user_id }) => user_id)).size,
        ]);
      }
    },
  );
});

describe('the funnel', () => {
  const steps = ['beer_products', 'beer_product_detail', 'beer_cart'];
  it.each(lengths)('counts the sessions that take the steps in their order, for %s', async (length) => {
    const question: Ask = { ...ranges[4]!, length };
    const sessions = sessionize(kept, length);
    const counts = steps.map(() => 0);
    for (let at = 0; at < sessions.length; at += 1) {
      const taken = stepsTaken(sessions.key[at]!, [sessions.begin[at]!, sessions.end[at]!], steps);
      for (let step = 0; step < taken; step += 1) counts[step]! += 1;
    }
    const found = await ask(queries.funnel({ ...question, steps }));
    expect(found.map((row) => row.sessions)).toEqual(counts);
    expect(found.map((row) => row.client_event)).toEqual(steps);
    expect(counts[0]).toBeGreaterThan(0);
  });
});

/** How many of the steps, from the first on, lie within [begin, end] in the order of (time, id). */
function stepsTaken(key: number, [begin, end]: [number, number], steps: readonly string[]): number {
  const own = (eventsOfKey.get(key) ?? []).filter(
    ({ client_timestamp }) => client_timestamp >= begin && client_timestamp <= end,
  );
  let taken = 0;
  for (const { client_event } of own) if (client_event === steps[taken]) taken += 1;
  return taken;
}

/** Events that lie in the sessions asked for, found one by one. */
function eventsOf(question: Ask): typeof clicks {
  const sessions = sessionize(kept, question.length ?? 'windows');
  const shown = see(question);
  const times = question.filters?.event === undefined ? null : timesOf(question.filters.event);
  const { duration, device } = question.filters ?? {};
  const placesOf = Map.groupBy(
    Array.from({ length: sessions.length }, (_, at) => at),
    (at) => sessions.key[at]!,
  );
  const found = [...eventsOfKey].flatMap(([key, events]) =>
    events.filter(({ client_timestamp, device_id }) => {
      const at = placesOf
        .get(key)
        ?.find((place) => client_timestamp >= sessions.begin[place]! && client_timestamp <= sessions.end[place]!);
      if (at === undefined) return false;
      const [begin, end] = [sessions.begin[at]!, sessions.end[at]!];
      const sec = Math.floor((end - begin) / 1000);
      return (
        begin >= question.fromAt &&
        begin < question.toAt &&
        (!duration || (sec >= duration.from && sec < (duration.to ?? Infinity))) &&
        (device === undefined || device_id === device) &&
        (!times || times.within(key, begin, end))
      );
    }),
  );
  expect(found.length).toBe(shown.events);
  return found;
}

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
  const without = (...own: (keyof Filters)[]): Ask => ({
    ...question,
    filters: Object.fromEntries(
      Object.entries(question.filters ?? {}).filter(([name]) => !own.includes(name as keyof Filters)),
    ),
  });
  const native = {
    ...headline,
    p90_sec: rounded(headline?.p90_sec),
    overTime: await ask(queries.overTime({ ...question, bucketMs })),
    byDuration: await ask(queries.byDuration(without('duration'))),
    types: await ask(queries.devices(without('type'))),
    tree: await ask(queries.deviceTree(without('type', 'first'))),
    flow: sortedPairs((await ask(queries.pairs(question))) as Picture['flow']),
    hours: (await ask(queries.hours(without('hour')))).map((cell) => cell.sessions),
    retention: await ask(queries.retention(question)),
    latest: ((await ask(queries.latest(question))) as unknown as Picture['latest']).map(lineText).toSorted(),
  };
  return { page, native };
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
