import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { SessionRow } from '@taphouse/schema';
import { sessionRow } from '@taphouse/schema/testing';
import { duckdbViews } from '@taphouse/sessions/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createRawdata } from '../testing/create-rawdata.ts';
import { mulberry } from '../testing/shop-rows.ts';
import { PartialRows } from './partial-rows.ts';
import { sessionize, type SessionLength } from './sessionize.ts';

/** Seeds a test; more with `TAPHOUSE_ROUNDS`. */
const rounds = Number(process.env.TAPHOUSE_ROUNDS ?? 5);
let database: DuckDBConnection;

beforeAll(async () => {
  database = await (await DuckDBInstance.create()).connect();
  await database.run(createRawdata);
});
afterAll(() => database.closeSync());

const base = Date.UTC(2026, 10, 23, 18);

/** Rows with all that is awkward: late partials, equal milliseconds, copies, and where asked, two steps. */
function awkwardRows(seed: number, steps: readonly number[]): SessionRow[] {
  const random = mulberry(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const rows: SessionRow[] = [];
  for (let index = 0; index < 120; index += 1) {
    const stepMs = steps[pick(steps.length)] ?? 30_000;
    // Whole seconds and few of them, so that begins and ends often fall together.
    const beginsession = base + pick(600) * 1000;
    const timeagg = Math.floor(beginsession / stepMs) * stepMs;
    const endsession = Math.min(beginsession + pick(4) * 5000, timeagg + stepMs - 1000);
    rows.push(
      sessionRow({
        user_id: `u${pick(3)}`,
        device_id: ['mobile', 'computer'][pick(2)] ?? '',
        timeagg,
        beginsession,
        endsession: Math.max(beginsession, endsession),
        events: 1 + pick(5),
        beginnavigation: `begin-${pick(3)}`,
        endnavigation: `end-${pick(3)}`,
        begin_event_id: `${pick(1e9)}-b`,
        end_event_id: `${pick(1e9)}-e`,
        row_id: `row-${seed}-${index}`,
      }),
    );
  }
  const copies = Array.from({ length: 15 }, () => rows[pick(rows.length)] ?? rows[0]!);
  return [...rows, ...copies];
}

interface Line {
  user: string;
  device: string;
  timeagg: number;
  begin: number;
  end: number;
  events: number;
  first: string;
  last: string;
}

function inPage(rows: readonly SessionRow[], length: SessionLength): Line[] {
  const kept = new PartialRows();
  const numbers = new Map<string, number>();
  const ids = new Map<number, { begin: string; end: string }>();
  for (const row of rows) {
    // Copies have one number.
    const number = numbers.get(row.row_id) ?? numbers.size;
    numbers.set(row.row_id, number);
    ids.set(number, { begin: row.begin_event_id, end: row.end_event_id });
    kept.addLive(row, number);
  }
  kept.breakTies(kept.settle(), ids);
  const sessions = sessionize(kept, length);
  return Array.from({ length: sessions.length }, (_, at) => {
    const key = sessions.key[at] ?? 0;
    return {
      user: kept.users.names[kept.keys.left(key)] ?? '',
      device: kept.devices.names[kept.keys.right(key)] ?? '',
      timeagg: sessions.timeagg[at] ?? 0,
      begin: sessions.begin[at] ?? 0,
      end: sessions.end[at] ?? 0,
      events: sessions.events[at] ?? 0,
      first: kept.names.names[sessions.first[at] ?? 0] ?? '',
      last: kept.names.names[sessions.last[at] ?? 0] ?? '',
    };
  });
}

async function inDuckDb(rows: readonly SessionRow[], length: SessionLength): Promise<Line[]> {
  const values = rows.map(
    (row) => `('${row.session_id}','${row.user_id}','${row.device_id}',epoch_ms(${row.timeagg}),${row.events},
      '${row.beginnavigation}','${row.endnavigation}',epoch_ms(${row.beginsession}),epoch_ms(${row.endsession}),
      '${row.begin_event_id}','${row.end_event_id}',epoch_ms(${row.window_open}),'${row.row_id}')`,
  );
  await database.run(`CREATE OR REPLACE TABLE aggregated AS SELECT * FROM (VALUES ${values.join(',')}) AS t(session_id, user_id,
    device_id, timeagg, events, beginnavigation, endnavigation, beginsession, endsession, begin_event_id, end_event_id,
    window_open, row_id)`);
  for (const view of duckdbViews()) await database.run(view);
  const from = length === 'windows' ? 'sessions' : `sessions_within(INTERVAL ${length} MILLISECONDS)`;
  const found = await database.runAndReadAll(`SELECT user_id, device_id, epoch_ms(timeagg)::DOUBLE,
    epoch_ms(beginsession)::DOUBLE, epoch_ms(endsession)::DOUBLE, events::DOUBLE, beginnavigation, endnavigation FROM ${from}`);
  return found.getRows().map(([user, device, timeagg, begin, end, events, first, last]) => ({
    user: String(user),
    device: String(device),
    timeagg: Number(timeagg),
    begin: Number(begin),
    end: Number(end),
    events: Number(events),
    first: String(first),
    last: String(last),
  }));
}

function sorted(lines: Line[]): Line[] {
  const text = (line: Line): string => `${line.user}/${line.device}/${line.begin}/${line.timeagg}`;
  return lines.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}

describe('sessions made in the page', () => {
  const lengths: SessionLength[] = ['windows', 30_000, 61_000, 300_000];

  it.each(lengths)('are those of the SQL views, for %s', async (length) => {
    for (let seed = 1; seed <= rounds; seed += 1) {
      const rows = awkwardRows(seed, [30_000]);
      expect(sorted(inPage(rows, length)), `seed ${seed}`).toEqual(sorted(await inDuckDb(rows, length)));
    }
  });

  it.each(['windows', 60_000, 300_000] as const)('are so where rows of two steps are mixed, for %s', async (length) => {
    for (let seed = 1; seed <= rounds; seed += 1) {
      const rows = awkwardRows(seed, [30_000, 60_000]);
      expect(sorted(inPage(rows, length)), `seed ${seed}`).toEqual(sorted(await inDuckDb(rows, length)));
    }
  });
});
