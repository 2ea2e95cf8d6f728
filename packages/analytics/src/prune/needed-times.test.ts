import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';

import { queries } from '../sql/queries.ts';
import type { Value } from '../sql/question.ts';
import { type Needed, neededTimes } from './needed-times.ts';

const stepMs = 30_000;
const minuteMs = 60_000;
const dayMs = 86_400_000;
const at = (text: string): number => Date.parse(`${text}Z`);

/** As the connection does it, by native DuckDB. */
async function evaluate(expression: string, values: readonly Value[]): Promise<number | null> {
  const database = await (await DuckDBInstance.create()).connect();
  try {
    const bound = values.map((value) => (value instanceof Date ? value.toISOString() : value));
    const sql = `SELECT epoch_ms(CAST((${expression}) AS TIMESTAMP))::DOUBLE`;
    return (await database.runAndReadAll(sql, bound)).getRows()[0]?.[0] as number | null;
  } finally {
    database.closeSync();
  }
}

const needed = (sql: string, values: readonly Value[] = []): Promise<Needed> =>
  neededTimes(sql, values, { stepMs, evaluate });

const day = { fromAt: at('2026-11-20'), toAt: at('2026-11-21') };
const arrivedOnDay = (relation: string): string =>
  `SELECT count(*) FROM ${relation} WHERE received_at >= '2026-11-20' AND received_at < '2026-11-21'`;
/** To the end and one millisecond more, where a time at the end itself is meant. */
const dayAndEnd = { ...day, toAt: day.toAt + 1 };

describe('the times that a statement needs', () => {
  it.each([
    "SELECT user_id FROM aggregated WHERE timeagg >= '2026-11-20' AND timeagg < '2026-11-21'",
    "SELECT user_id FROM aggregated AS a WHERE a.timeagg >= TIMESTAMP '2026-11-20' AND events > 1 AND a.timeagg < '2026-11-21'",
    "SELECT user_id FROM sessions s WHERE s.timeagg::DATE = '2026-11-20' GROUP BY 1",
    "select user_id from sessions where cast(timeagg as date) = DATE '2026-11-20' order by 1",
    "SELECT user_id FROM sessions WHERE date_trunc('day', timeagg) = '2026-11-20'",
    "SELECT * FROM (SELECT * FROM sessions WHERE timeagg >= '2026-11-20' AND timeagg < '2026-11-20'::DATE + INTERVAL 1 day) x",
    "WITH s AS (FROM sessions WHERE timeagg::DATE = '2026-11-20') SELECT count(*) FROM s /* FROM aggregated */",
  ])('are one day: %s', async (sql) => {
    expect(await needed(sql)).toEqual({ aggregated: day });
  });

  it.each([
    "SELECT user_id FROM sessions WHERE timeagg BETWEEN '2026-11-20 00:00' AND ('2026-11-21 00:00:00')",
    "SELECT user_id FROM sessions WHERE timeagg BETWEEN '2026-11-20' AND '2026-11-21' AND (events = 1 OR events = 2)",
    "SELECT user_id FROM sessions WHERE timeagg >= '2026-11-20' AND timeagg <= '2026-11-20'::DATE + INTERVAL 1 day",
    "SELECT user_id FROM sessions WHERE timeagg >= '2026-11-20' AND timeagg < '2026-11-21 00:00:00.0005'",
  ])('are one day and its end: %s', async (sql) => {
    expect(await needed(sql)).toEqual({ aggregated: dayAndEnd });
  });

  it.each([
    'SELECT * FROM sessions',
    "SELECT * FROM sessions WHERE timeagg::DATE = '2026-11-20' OR events = 1",
    "SELECT * FROM sessions WHERE NOT timeagg::DATE = '2026-11-20'",
    "SELECT * FROM sessions WHERE CASE WHEN events > 1 AND timeagg > '2026-11-20' THEN true ELSE false END",
    'SELECT * FROM sessions WHERE timeagg = window_open',
    "SELECT * FROM sessions_within(INTERVAL 30 minutes) WHERE beginsession::DATE = '2026-11-20'",
    "SELECT * FROM sessions, aggregated a WHERE a.timeagg::DATE = '2026-11-20'",
    "SELECT * FROM sessions JOIN aggregated a USING (user_id) WHERE a.timeagg::DATE = '2026-11-20'",
    "SELECT (SELECT max(timeagg) FROM sessions) FROM sessions WHERE timeagg::DATE = '2026-11-20'",
    'SELECT * FROM sessions WHERE timeagg >= (SELECT max(timeagg) FROM sessions)',
    "WITH sessions AS (FROM aggregated) SELECT * FROM sessions WHERE timeagg::DATE = '2026-11-20'",
    "SELECT * FROM sessions WHERE timeagg > 'no time'",
    "SELECT * FROM sessions WHERE timeagg < '2026-1-5'",
    "SELECT * FROM sessions WHERE timeagg < '2026-01-05T03:00:00'",
    "SELECT 'FROM sessions WHERE' FROM sessions LIMIT 1",
    "SELECT * FROM aggregated a JOIN range(3) r ON a.events = r.range, sessions WHERE timeagg::DATE = '2026-11-20'",
    'PIVOT sessions ON device_id',
    "SELECT * FROM sessions /* x /* y */ WHERE timeagg::DATE = '2026-11-20' AND 1 = 1 */",
    "SELECT * FROM sessions WHERE timeagg::DATE = '2026-11-20' -- x\r OR true",
    String.raw`SELECT * FROM sessions WHERE user_id <> E'\' AND timeagg >= now() AND \''`,
    "SELECT * FROM 'sessions'",
    "SELECT * FROM 'sessions' WHERE timeagg::DATE = '2026-11-20'",
    "FROM sessions WHERE timeagg::DATE = '2026-11-20' UNION ALL FROM range(3) r JOIN range(3) q ON r.range = q.range, (sessions CROSS JOIN range(2))",
    'SELECT * FROM sessions WHERE timeagg < make_timestamp(1795132800000500)',
  ])('are all times: %s', async (sql) => {
    expect(await needed(sql)).toEqual({ aggregated: { fromAt: -Infinity, toAt: Infinity } });
  });

  it('reach back by the step for the begin of a session', async () => {
    const sql = "SELECT * FROM sessions WHERE beginsession >= '2026-11-20' AND beginsession < '2026-11-21'";
    expect(await needed(sql)).toEqual({ aggregated: { ...day, fromAt: day.fromAt - stepMs } });
  });

  it('reach back to earlier copies of an event, and are those of arrival', async () => {
    expect(await needed(arrivedOnDay('rawdata'))).toEqual({ rawdata: day });
    expect(await needed(arrivedOnDay('events'))).toEqual({
      rawdata: { ...day, fromAt: day.fromAt - 7 * dayMs - 10 * minuteMs },
    });
    const byVisitorClock = "SELECT count(*) FROM events WHERE client_timestamp::DATE = '2026-11-20'";
    expect(await needed(byVisitorClock)).toEqual({ rawdata: { fromAt: -Infinity, toAt: Infinity } });
  });

  it('take in every mention of a table', async () => {
    const sql =
      "FROM sessions WHERE timeagg::DATE = '2026-11-20' UNION ALL FROM aggregated WHERE timeagg >= '2026-11-22'";
    expect(await needed(sql)).toEqual({ aggregated: { ...day, toAt: Infinity } });
  });

  it('go by the values bound', async () => {
    const ask = { fromAt: at('2026-11-20'), toAt: at('2026-11-21') };
    const { sql, values } = queries.headline(ask);
    expect(await needed(sql, values)).toEqual({ aggregated: { ...day, fromAt: day.fromAt - stepMs } });
    const dates = [new Date(ask.fromAt), 'mobile', ask.toAt];
    const bound =
      'SELECT * FROM aggregated WHERE timeagg >= ? AND device_id = ? AND timeagg < epoch_ms(CAST(? AS BIGINT))';
    expect(await needed(bound, dates)).toEqual({ aggregated: day });
  });

  it('do not go by numbered values, whose place says nothing', async () => {
    const sql = 'SELECT * FROM sessions WHERE timeagg < ?2 AND timeagg >= ?1';
    const all = { aggregated: { fromAt: -Infinity, toAt: Infinity } };
    expect(await needed(sql, ['2026-11-05', '2026-11-20'])).toEqual(all);
  });

  it('are the current day and month for the views of the article', async () => {
    const { aggregated } = await needed('SELECT count(*) FROM clicks_today');
    expect(aggregated).toEqual({ fromAt: Math.floor(Date.now() / dayMs) * dayMs, toAt: Infinity });
  });

  it('are nothing where no relation of the lake is named', async () => {
    expect(await needed("SELECT 'sessions', 1 -- FROM sessions")).toEqual({});
  });
});
