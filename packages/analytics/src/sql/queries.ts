import { retentionFrom } from '../model/week.ts';
import { type Ask, type Question, time, withSessions } from './question.ts';

/**
 * The questions of the dashboard, each a statement over the views of `@taphouse/sessions/sql`. Times are TIMESTAMP
 * UTC; sessions count where they begin.
 *
 * @example
 * const question = queries.byDuration({ fromAt: Date.parse('2026-11-23'), toAt: Date.parse('2026-11-24'), length: 1_800_000 });
 * const rows = await lake.query<{ duration_sec: number; sessions: number }>(question.sql, question.values);
 */
export const queries = {
  /** One row: sessions, events, visitors, median_sec, p90_sec, total_sec, single (sessions of one event). */
  headline: (ask: Ask): Question =>
    over(
      ask,
      `SELECT count(*) AS sessions, CAST(coalesce(sum(events), 0) AS BIGINT) AS events, count(DISTINCT user_id) AS visitors,
  CAST(median(duration_sec) AS DOUBLE) AS median_sec, CAST(quantile_cont(duration_sec, 0.9) AS DOUBLE) AS p90_sec,
  CAST(coalesce(sum(duration_sec), 0) AS BIGINT) AS total_sec, count(*) FILTER (WHERE events = 1) AS single
FROM s`,
    ),

  /** Sessions and events by begin, in bars of `bucketMs` counted from 1970: bucket, sessions, events. */
  overTime: (ask: Ask & { bucketMs: number }): Question =>
    over(
      ask,
      `SELECT time_bucket(to_milliseconds(${whole(ask.bucketMs)}), beginsession, TIMESTAMP '1970-01-01') AS bucket,
  count(*) AS sessions, CAST(sum(events) AS BIGINT) AS events
FROM s GROUP BY bucket ORDER BY bucket`,
    ),

  /** Sessions by whole seconds, the article's chart: duration_sec, sessions. */
  byDuration: (ask: Ask): Question =>
    over(ask, `SELECT duration_sec, count(*) AS sessions\nFROM s GROUP BY duration_sec ORDER BY duration_sec`),

  /** The article's tree map: device_id, duration_sec (size), events (colour), sessions. */
  treeMap: (ask: Ask): Question =>
    over(
      ask,
      `SELECT device_id, CAST(sum(duration_sec) AS BIGINT) AS duration_sec, CAST(sum(events) AS BIGINT) AS events,
  count(*) AS sessions
FROM s GROUP BY device_id ORDER BY duration_sec DESC, sessions DESC, device_id`,
    ),

  /** From where to where: beginnavigation, endnavigation, sessions. */
  pairs: (ask: Ask): Question =>
    over(
      ask,
      `SELECT beginnavigation, endnavigation, count(*) AS sessions
FROM s GROUP BY beginnavigation, endnavigation ORDER BY sessions DESC, beginnavigation, endnavigation`,
    ),

  /** Sessions by weekday (0 is Sunday) and hour of their begin, UTC: day, hour, sessions. */
  hours: (ask: Ask): Question =>
    over(
      ask,
      `SELECT dayofweek(beginsession) AS day, hour(beginsession) AS hour, count(*) AS sessions
FROM s GROUP BY day, hour ORDER BY day, hour`,
    ),

  /** The newest sessions, newest first. */
  latest: (ask: Ask & { limit?: number }): Question =>
    over(
      ask,
      `SELECT session_id, user_id, device_id, events, beginnavigation, endnavigation, beginsession, endsession, duration_sec
FROM s ORDER BY beginsession DESC, user_id, device_id LIMIT ${whole(ask.limit ?? 50)}`,
    ),

  /** Seconds below which a share of the sessions stays, p10 to p99: one row. */
  percentiles: (ask: Ask): Question =>
    over(
      ask,
      `SELECT ${[10, 25, 50, 75, 90, 95, 99]
        .map((share) => `CAST(quantile_cont(duration_sec, ${share / 100}) AS DOUBLE) AS p${share}`)
        .join(', ')}
FROM s`,
    ),

  /**
   * Of the visitors first seen in a week (Monday, UTC), how many came again n weeks later: cohort, week, visitors.
   * First seen means within the last 12 weeks of the range.
   */
  retention: (ask: Ask): Question =>
    over(
      { ...ask, fromAt: retentionFrom(ask) },
      `, seen AS (SELECT DISTINCT user_id, date_trunc('week', beginsession) AS monday FROM s),
first AS (SELECT user_id, min(monday) AS cohort FROM seen GROUP BY user_id)
SELECT CAST(cohort AS TIMESTAMP) AS cohort, CAST(date_diff('day', cohort, monday) // 7 AS INTEGER) AS week, count(*) AS visitors
FROM seen JOIN first USING (user_id) GROUP BY cohort, week ORDER BY cohort, week`,
    ),

  /** What happened most: client_event, events, visitors. By `client_timestamp`; only the device and user filters apply. */
  topEvents: (ask: Ask & { limit?: number }): Question => {
    const { filters = {} } = ask;
    const values: Question['values'] = [ask.fromAt, ask.toAt];
    let where = `client_timestamp >= ${time} AND client_timestamp < ${time}`;
    for (const [column, value] of [
      ['device_id', filters.device],
      ['user_id', filters.user],
    ] as const) {
      if (value === undefined) continue;
      where += ` AND ${column} = ?`;
      values.push(value);
    }
    return {
      sql: `SELECT client_event, count(*) AS events, count(DISTINCT user_id) AS visitors
FROM events
WHERE ${where}
GROUP BY client_event ORDER BY events DESC, client_event LIMIT ${whole(ask.limit ?? 20)}`,
      values,
    };
  },

  /**
   * How many sessions took the steps in this order, other events between them allowed: step, client_event, sessions.
   *
   * @param ask.steps names of events, the first step first
   */
  funnel: (ask: Ask & { steps: readonly string[] }): Question => {
    const base = withSessions(ask);
    const values = [...base.values];
    const tables = ask.steps.map((step, index) => {
      values.push(step);
      return `, step${index + 1} AS (${index === 0 ? firstStep : nextStep(index)})`;
    });
    const rows = ask.steps.map((step, index) => {
      values.push(step);
      return `SELECT ${index + 1} AS step, ? AS client_event, count(*) AS sessions FROM step${index + 1}`;
    });
    return { sql: `${base.sql}${tables.join('')}\n${rows.join('\nUNION ALL ')}\nORDER BY step`, values };
  },

  /**
   * The events of one session in their order: all of the visitor on the device from begin to end, both inclusive.
   * `properties` as text, and brought in behind the filters: a MAP that goes through the window of `events` and then
   * through a filter ends in a trap ("null function") in DuckDB-WASM 1.28.0.
   */
  sessionEvents: (session: { user_id: string; device_id: string; beginAt: number; endAt: number }): Question => ({
    sql: `WITH e AS (
  SELECT client_timestamp, client_event, page_url, page_title, referrer, device_type, event_id
  FROM events
  WHERE user_id = ? AND device_id = ? AND client_timestamp >= ${time} AND client_timestamp <= ${time}
), p AS (
  SELECT event_id, min(CAST(properties AS VARCHAR)) AS properties
  FROM rawdata WHERE user_id = ? AND device_id = ? GROUP BY event_id
)
SELECT e.*, p.properties FROM e LEFT JOIN p USING (event_id) ORDER BY client_timestamp, event_id`,
    values: [session.user_id, session.device_id, session.beginAt, session.endAt, session.user_id, session.device_id],
  }),

  /** The article's Athena view: sessions whose window lies in the current day, UTC. */
  today: (): Question => ({ sql: 'SELECT * FROM clicks_today ORDER BY timeagg', values: [] }),

  /** The article's Athena view: sessions whose window lies in the current month, UTC. */
  month: (): Question => ({ sql: 'SELECT * FROM clicks_month ORDER BY timeagg', values: [] }),
} as const;

function over(ask: Ask, select: string): Question {
  const { sql, values } = withSessions(ask);
  return { sql: `${sql}${select.startsWith(',') ? '' : '\n'}${select}`, values };
}

/** Of each session, its key and the place of the first event of the first step. */
const firstStep = `
  SELECT s.user_id, s.device_id, s.beginsession, s.endsession,
    min({'t': e.client_timestamp, 'e': e.event_id}) AS place
  FROM s JOIN events AS e ON e.user_id = s.user_id AND e.device_id = s.device_id
    AND e.client_timestamp >= s.beginsession AND e.client_timestamp <= s.endsession
  WHERE e.client_event = ?
  GROUP BY s.user_id, s.device_id, s.beginsession, s.endsession
`;

function nextStep(index: number): string {
  return `
  SELECT p.user_id, p.device_id, p.beginsession, p.endsession,
    min({'t': e.client_timestamp, 'e': e.event_id}) AS place
  FROM step${index} AS p JOIN events AS e ON e.user_id = p.user_id AND e.device_id = p.device_id
    AND e.client_timestamp >= p.beginsession AND e.client_timestamp <= p.endsession
    AND {'t': e.client_timestamp, 'e': e.event_id} > p.place
  WHERE e.client_event = ?
  GROUP BY p.user_id, p.device_id, p.beginsession, p.endsession
`;
}

function whole(number: number): number {
  if (!Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`query: ${number}; give a whole number above 0`);
  return number;
}
