/**
 * The questions of the dashboard. Each reads `sessions`, merged first and filtered after, for a session that
 * begins before the range and goes on in it belongs to the time before.
 * Values: from (inclusive), to (exclusive), both TIMESTAMP UTC, on `beginsession`.
 */

const inRange = `FROM sessions WHERE beginsession >= CAST(? AS TIMESTAMP) AND beginsession < CAST(? AS TIMESTAMP)`;

/** One row: sessions, events, visitors (distinct user_id), median_sec, total_sec, first_at, last_at. */
export const headlineSql = `SELECT count(*) AS sessions, CAST(coalesce(sum(events), 0) AS BIGINT) AS events,
  count(DISTINCT user_id) AS visitors, CAST(median(duration_sec) AS DOUBLE) AS median_sec,
  CAST(coalesce(sum(duration_sec), 0) AS BIGINT) AS total_sec, min(beginsession) AS first_at, max(beginsession) AS last_at
${inRange}`;

/** Sessions and events a bucket of :bucket milliseconds, by begin. Values: bucket, from, to. */
export const overTimeSql = `SELECT epoch_ms(CAST(epoch_ms(beginsession) // b.ms * b.ms AS BIGINT)) AS at,
  count(*) AS sessions, CAST(sum(events) AS BIGINT) AS events
FROM sessions, (SELECT CAST(? AS BIGINT) AS ms) AS b
WHERE beginsession >= CAST(? AS TIMESTAMP) AND beginsession < CAST(? AS TIMESTAMP) GROUP BY at ORDER BY at`;

/** Sessions by whole seconds. */
export const byDurationSql = `SELECT duration_sec, count(*) AS sessions ${inRange} GROUP BY duration_sec ORDER BY duration_sec`;

/** The article's tree map: seconds and events a device. */
export const devicesSql = `SELECT device_id, CAST(sum(duration_sec) AS BIGINT) AS duration_sec,
  CAST(sum(events) AS BIGINT) AS events, count(*) AS sessions
${inRange} GROUP BY device_id ORDER BY duration_sec DESC, sessions DESC, device_id`;

/** The newest sessions, newest first. */
export const latestSql = `SELECT session_id, user_id, device_id, events, beginnavigation, endnavigation, beginsession, endsession, duration_sec
${inRange} ORDER BY beginsession DESC, session_id LIMIT 50`;
