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

  /** What the visitors hold: device_type, sessions, visitors, events, duration_sec. */
  devices: (ask: Ask): Question =>
    over(
      ask,
      `SELECT device_type, count(*) AS sessions, count(DISTINCT user_id) AS visitors,
  CAST(sum(events) AS BIGINT) AS events, CAST(sum(duration_sec) AS BIGINT) AS duration_sec
FROM s GROUP BY device_type ORDER BY sessions DESC, device_type`,
      'typed',
    ),

  /**
   * A tree map that says something where each browser has a device_id of its own: device_type, beginnavigation,
   * duration_sec (size), events (colour), sessions.
   */
  deviceTree: (ask: Ask): Question =>
    over(
      ask,
      `SELECT device_type, beginnavigation, CAST(sum(duration_sec) AS BIGINT) AS duration_sec,
  CAST(sum(events) AS BIGINT) AS events, count(*) AS sessions
FROM s GROUP BY device_type, beginnavigation
ORDER BY duration_sec DESC, sessions DESC, device_type, beginnavigation`,
      'typed',
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

  /**
   * What the slider shows: sessions that begin in the range for each longest pause, filters aside: pause_sec, sessions.
   * Windows are merged partials themselves, so that the pause before one says for which lengths it begins a session.
   */
  byLength: ({ fromAt, toAt, gapsMs }: { fromAt: number; toAt: number; gapsMs: readonly number[] }): Question => ({
    sql: `WITH paused AS (
  SELECT beginsession, epoch_ms(beginsession) - max(epoch_ms(endsession)) OVER (
    PARTITION BY user_id, device_id ORDER BY beginsession, endsession ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS pause_ms
  FROM sessions
), s AS (SELECT * FROM paused WHERE beginsession >= ${time} AND beginsession < ${time})
SELECT gap / 1000 AS pause_sec, count(*) FILTER (WHERE pause_ms IS NULL OR pause_ms > gap) AS sessions
FROM s, (SELECT unnest([${gapsMs.map(whole).join(', ')}]) AS gap) AS gaps
GROUP BY gap ORDER BY gap`,
    values: [fromAt, toAt],
  }),

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

  /** What happened most in the sessions: client_event, events (without copies), visitors. */
  topEvents: (ask: Ask & { limit?: number }): Question =>
    over(
      ask,
      `${hoursOfSessions}
SELECT e.client_event, count(*) AS events, count(DISTINCT e.user_id) AS visitors
FROM events AS e JOIN hours AS s ON ${within}
GROUP BY e.client_event ORDER BY events DESC, e.client_event LIMIT ${whole(ask.limit ?? 20)}`,
    ),

  /**
   * How many sessions took the steps in this order, other events between them allowed: step, client_event, sessions.
   *
   * @param ask.steps names of events, the first step first
   */
  funnel: (ask: Ask & { steps: readonly string[] }): Question => {
    const base = withSessions(ask);
    const { steps } = ask;
    const tables = steps.map((_, index) => `, step${index + 1} AS (${index === 0 ? firstStep : nextStep(index)})`);
    const rows = steps.map(
      (_, index) => `SELECT ${index + 1} AS step, ? AS client_event, count(*) AS sessions FROM step${index + 1}`,
    );
    const taken = `${hoursOfSessions}, taken AS MATERIALIZED (
  SELECT session, client_event, row_number() OVER (PARTITION BY session ORDER BY client_timestamp, event_id) AS place
  FROM rawdata AS e JOIN hours AS s ON ${within}
  WHERE e.client_event IN (${steps.map(() => '?').join(', ')})
)`;
    return {
      sql: `${base.sql}${taken}${tables.join('')}\n${rows.join('\nUNION ALL ')}\nORDER BY step`,
      values: [...base.values, ...steps, ...steps, ...steps],
    };
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

function over(ask: Ask, select: string, typed?: 'typed'): Question {
  const { sql, values } = withSessions(ask, typed !== undefined);
  return { sql: `${sql}${select.startsWith(',') ? '' : '\n'}${select}`, values };
}

/**
 * Sessions by the hours they touch, mostly one, so that an event meets only those of its own hour: a join by key and
 * time alone would pair all events with all sessions of a busy key.
 */
const hoursOfSessions = `, numbered AS (
  SELECT row_number() OVER () AS session, user_id, device_id, beginsession, endsession FROM s
), hours AS (
  SELECT *, unnest(range(epoch_ms(beginsession) // 3600000, epoch_ms(endsession) // 3600000 + 1)) AS hour FROM numbered
)`;
const within = `s.user_id = e.user_id AND s.device_id = e.device_id
  AND s.hour = epoch_ms(e.client_timestamp) // 3600000
  AND e.client_timestamp >= s.beginsession AND e.client_timestamp <= s.endsession`;

/** Of each session the place of the first event of the first step. A copy of an event changes no first place. */
const firstStep = `
  SELECT session, min(place) AS place FROM taken WHERE client_event = ? GROUP BY session
`;

function nextStep(index: number): string {
  return `
  SELECT t.session, min(t.place) AS place
  FROM step${index} AS p JOIN taken AS t ON t.session = p.session AND t.place > p.place
  WHERE t.client_event = ? GROUP BY t.session
`;
}

function whole(number: number): number {
  if (!Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`query: ${number}; give a whole number above 0`);
  return number;
}
