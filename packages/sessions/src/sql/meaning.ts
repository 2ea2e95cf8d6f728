/**
 * What a session is, in the SQL that DuckDB and Trino (Athena) share; each dialect fills in the few words they do not.
 * Times are TIMESTAMP in UTC.
 */
export interface Dialect {
  /** The query for rawdata with each event_id once: of its copies the first to arrive. */
  events(rawdata: string): string;
  /** The query for aggregated with each row_id once. */
  distinctRows(aggregated: string): string;
  /** TIMESTAMP of a BIGINT of milliseconds since 1970. */
  timestamp(millis: string): string;
}

/** Which copy of an event a row is. The order has no ties that matter: rows alike in all of it are copies in full. */
export const firstCopy = `
  row_number() OVER (PARTITION BY event_id ORDER BY received_at, client_timestamp, user_id, device_id, client_event)`;

/**
 * The rows of one (user_id, device_id, timeagg) merged. Copies of a row go first, or `events` would count them.
 * First and last are by (time, event_id): a ROW compares in that order.
 */
export function sessionsQuery(dialect: Dialect, aggregated: string): string {
  return `
SELECT min(session_id) AS session_id, user_id, device_id, timeagg, ${mergedColumns}
FROM (${dialect.distinctRows(aggregated)}) AS partial
GROUP BY user_id, device_id, timeagg`;
}

/**
 * Lag sessions: rows whose intervals [beginsession, endsession] lie within the gap of each other, an exact gap included.
 * `reach` is the furthest end so far, not the last row's end: a short row may lie inside a long one.
 * RANGE, not ROWS, in the running count: rows that begin together belong together.
 *
 * @param isBeyond SQL that says whether `beginsession` lies further than the gap behind `reach`
 */
export function sessionsWithinQuery(dialect: Dialect, aggregated: string, isBeyond: string): string {
  return `
WITH reached AS (
  SELECT *, max(endsession) OVER (
    PARTITION BY user_id, device_id ORDER BY beginsession, endsession, row_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS reach
  FROM (${dialect.distinctRows(aggregated)}) AS partial
), islands AS (
  SELECT *, count(CASE WHEN reach IS NULL OR ${isBeyond} THEN 1 END) OVER (
    PARTITION BY user_id, device_id ORDER BY beginsession RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS island
  FROM reached
)
SELECT min_by(session_id, timeagg) AS session_id, user_id, device_id, min(timeagg) AS timeagg, ${mergedColumns}
FROM islands
GROUP BY user_id, device_id, island`;
}

/** The same sessions from rawdata alone. */
export function batchQuery(dialect: Dialect, rawdata: string, stepMs: number): string {
  checkStep(stepMs);
  // The remainder of a time before 1970 is negative, hence twice.
  const bucket = `happened - ((happened % ${stepMs}) + ${stepMs}) % ${stepMs}`;
  return `
SELECT ${sessionLabel} AS session_id, user_id, device_id, ${dialect.timestamp('bucket')} AS timeagg,
  CAST(count(*) AS BIGINT) AS events,
  min_by(client_event, ROW(client_timestamp, event_id)) AS beginnavigation,
  max_by(client_event, ROW(client_timestamp, event_id)) AS endnavigation,
  min(client_timestamp) AS beginsession,
  max(client_timestamp) AS endsession,
  ${wholeSeconds('max(happened) - min(happened)')} AS duration_sec,
  min_by(event_id, ROW(client_timestamp, event_id)) AS begin_event_id,
  max_by(event_id, ROW(client_timestamp, event_id)) AS end_event_id,
  min(received_at) AS window_open
FROM (
  SELECT *, CAST(${bucket} AS BIGINT) AS bucket
  FROM (SELECT *, ${millis('client_timestamp')} AS happened FROM (${dialect.events(rawdata)}) AS e) AS timed
) AS bucketed
GROUP BY user_id, device_id, bucket`;
}

/** BIGINT of milliseconds since 1970 of a TIMESTAMP. */
export function millis(timestamp: string): string {
  return `date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', ${timestamp})`;
}

const mergedColumns = `
  CAST(sum(events) AS BIGINT) AS events,
  min_by(beginnavigation, ROW(beginsession, begin_event_id)) AS beginnavigation,
  max_by(endnavigation, ROW(endsession, end_event_id)) AS endnavigation,
  min(beginsession) AS beginsession,
  max(endsession) AS endsession,
  ${wholeSeconds("date_diff('millisecond', min(beginsession), max(endsession))")} AS duration_sec,
  min_by(begin_event_id, ROW(beginsession, begin_event_id)) AS begin_event_id,
  max_by(end_event_id, ROW(endsession, end_event_id)) AS end_event_id,
  min(window_open) AS window_open`;

/** Rounded down, before 1970 too. */
function wholeSeconds(millis: string): string {
  return `CAST(floor((${millis}) / 1000.0) AS BIGINT)`;
}

/** Only ASCII letters are raised, so that every engine writes the same label. */
const sessionLabel = `
  translate(user_id || '_' || substr(device_id, 1, 3) || CAST(${wholeSeconds('bucket')} AS VARCHAR),
    'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')`;

function checkStep(stepMs: number): void {
  if (!Number.isSafeInteger(stepMs) || stepMs < 1)
    throw new RangeError(`batchSessions: stepMs is ${stepMs}; give whole milliseconds above 0`);
}
