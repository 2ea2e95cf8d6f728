import type { ChartChoice } from './chart-choice.ts';

/** A query to begin with. */
export interface Example {
  name: string;
  /** What it answers, in a line. */
  about: string;
  sql: string;
  /** How to draw it, where the first guess would not do. */
  chart?: Partial<ChartChoice>;
}

export interface ExampleGroup {
  name: string;
  examples: readonly Example[];
}

export const exampleGroups: readonly ExampleGroup[] = [
  {
    name: "The article's",
    examples: [
      {
        name: 'Sessions by duration',
        about: 'how many sessions lasted how long',
        sql: `-- Sessions by duration
SELECT duration_sec, count(*) AS sessions
FROM sessions
GROUP BY duration_sec
ORDER BY duration_sec`,
        chart: { kind: 'bar' },
      },
      {
        name: 'Clicks of today',
        about: 'the sessions of today, newest first',
        sql: `-- Clicks of today, UTC
SELECT session_id, user_id, device_id, beginsession, duration_sec, events, beginnavigation, endnavigation
FROM clicks_today
ORDER BY beginsession DESC
LIMIT 1000`,
      },
      {
        name: 'Clicks of this month',
        about: 'sessions and events a day of this month',
        sql: `-- Clicks of this month, by day
SELECT CAST(beginsession AS DATE) AS day, count(*) AS sessions, CAST(sum(events) AS BIGINT) AS events
FROM clicks_month
GROUP BY day
ORDER BY day`,
        chart: { kind: 'bar' },
      },
      {
        name: 'Tree map of devices',
        about: 'size: seconds spent; shade: events',
        sql: `-- Tree map of devices: time spent, and events
SELECT device_id, CAST(sum(duration_sec) AS BIGINT) AS seconds, CAST(sum(events) AS BIGINT) AS events
FROM sessions
GROUP BY device_id
ORDER BY seconds DESC`,
        chart: { kind: 'treemap' },
      },
    ],
  },
  {
    name: 'Sessions',
    examples: [
      {
        name: 'Sessions of another length',
        about: 'a session ends after a pause of 30 minutes; try 1 minute, or 4 hours',
        sql: `-- Sessions of another length: change the pause and run again
SELECT count(*) AS sessions,
  round(avg(duration_sec)) AS mean_sec,
  median(duration_sec) AS median_sec,
  round(avg(events), 1) AS events_each
FROM sessions_within(INTERVAL 30 minutes)`,
      },
      {
        name: 'Sessions an hour',
        about: 'by begin, UTC',
        sql: `-- Sessions an hour
SELECT date_trunc('hour', beginsession) AS hour, count(*) AS sessions, count(DISTINCT user_id) AS visitors
FROM sessions
GROUP BY hour
ORDER BY hour`,
        chart: { kind: 'line' },
      },
      {
        name: 'From first to last event',
        about: 'where sessions begin and where they end',
        sql: `-- From first to last event
SELECT beginnavigation, endnavigation, count(*) AS sessions
FROM sessions
GROUP BY beginnavigation, endnavigation
ORDER BY sessions DESC`,
        chart: { kind: 'bar', colour: 1 },
      },
      {
        name: 'Short sessions',
        about: "the article's alert: under 20 seconds",
        sql: `-- Share of sessions under 20 seconds, by device
SELECT device_id, count(*) AS sessions, round(100.0 * count(*) FILTER (duration_sec < 20) / count(*), 1) AS short_percent
FROM sessions
GROUP BY device_id
ORDER BY sessions DESC`,
        chart: { y: 2 },
      },
    ],
  },
  {
    name: 'Events',
    examples: [
      {
        name: 'Top events',
        about: 'what happens most',
        sql: `-- Top events
SELECT client_event, count(*) AS events, count(DISTINCT user_id) AS visitors
FROM events
GROUP BY client_event
ORDER BY events DESC`,
      },
      {
        name: 'Funnel',
        about: 'visitors that reach each step, in this order',
        sql: `-- Funnel: product, crate, checkout, in this order
WITH steps AS (
  SELECT user_id,
    min(client_timestamp) FILTER (client_event = 'beer_product_detail') AS product,
    min(client_timestamp) FILTER (client_event = 'beer_selection') AS chosen,
    max(client_timestamp) FILTER (client_event = 'beer_checkout') AS bought
  FROM events
  GROUP BY user_id
)
SELECT '1 product' AS step, count(product) AS visitors FROM steps
UNION ALL SELECT '2 chosen', count(*) FILTER (chosen >= product) FROM steps
UNION ALL SELECT '3 bought', count(*) FILTER (chosen >= product AND bought >= chosen) FROM steps
ORDER BY step`,
      },
      {
        name: 'One visitor, click by click',
        about: 'the events of the last visitor, in order',
        sql: `-- One visitor, click by click
SELECT client_timestamp, client_event, page_url, properties
FROM events
WHERE user_id = (SELECT user_id FROM events ORDER BY client_timestamp DESC LIMIT 1)
ORDER BY client_timestamp, event_id`,
      },
      {
        name: 'How late events come',
        about: 'seconds from click to collector',
        sql: `-- How late events come: seconds from click to collector
SELECT quantile_cont(late, 0.5) AS median_sec, quantile_cont(late, 0.95) AS p95_sec, max(late) AS most_sec, count(*) AS events
FROM (SELECT (epoch_ms(received_at) - epoch_ms(client_timestamp)) / 1000.0 AS late FROM events)`,
      },
      {
        name: 'Copies',
        about: 'events that came more than once, which the views leave out',
        sql: `-- Copies in rawdata, which the view events leaves out
SELECT count(*) AS rows, count(DISTINCT event_id) AS events, count(*) - count(DISTINCT event_id) AS copies
FROM rawdata`,
      },
    ],
  },
];
