/**
 * What a session is, in DuckDB SQL, for native DuckDB 1.5 and DuckDB-WASM 1.28.0 alike.
 * Times are TIMESTAMP in UTC.
 */

/** How to ask for the sessions of other relations than `rawdata` and `aggregated`. */
export interface Relations {
  /** A name or a query in brackets. Default `rawdata`. */
  rawdata?: string;
  /** A name or a query in brackets. Default `aggregated`. */
  aggregated?: string;
}

/**
 * Statements that make the views over `rawdata` and `aggregated`, in order; to be run one by one, again after any change:
 *
 * - `events`: rawdata without copies; of the copies of an event the first to arrive counts
 * - `sessions`: rows merged by (user_id, device_id, timeagg): exact however late or split the rows came
 * - `sessions_within(gap)`: table macro; the exact lag sessions, for any INTERVAL `gap` at or above the step of the rows
 * - `clicks_today`, `clicks_month`: the article's views, by day and month in UTC
 */
export function duckdbViews(relations: Relations = {}): string[] {
  const { rawdata = 'rawdata', aggregated = 'aggregated' } = relations;
  return [
    `CREATE OR REPLACE VIEW events AS ${eventsQuery(rawdata)}`,
    `CREATE OR REPLACE VIEW sessions AS ${sessionsQuery(aggregated)}`,
    `CREATE OR REPLACE MACRO sessions_within(gap) AS TABLE ${sessionsWithinQuery(aggregated, 'gap')}`,
    `CREATE OR REPLACE VIEW clicks_today AS ${clicksSince('day')}`,
    `CREATE OR REPLACE VIEW clicks_month AS ${clicksSince('month')}`,
  ];
}

/** rawdata without copies. The order has no ties that matter: rows alike in all of it are copies in full. */
function eventsQuery(rawdata: string): string {
  return `
SELECT * FROM ${rawdata} AS r
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY received_at, client_timestamp, user_id, device_id, client_event) = 1`;
}

/**
 * The rows of one (user_id, device_id, timeagg) merged. Copies of a row go first, or `events` would count them.
 * First and last are by (time, event_id): arg_min and arg_max of a struct compare in that order.
 */
function sessionsQuery(aggregated: string): string {
  return `
SELECT min(session_id) AS session_id, user_id, device_id, timeagg, ${merged}
FROM (${distinctRows(aggregated)}) AS partial
GROUP BY user_id, device_id, timeagg`;
}

/**
 * Lag sessions: rows whose intervals [beginsession, endsession] lie within `gap` of each other, an exact `gap` included.
 * `reach` is the furthest end so far, not the last row's end: a short row may lie inside a long one.
 * RANGE, not ROWS, in the running count: rows that begin together belong together.
 */
function sessionsWithinQuery(aggregated: string, gap: string): string {
  return `
WITH reached AS (
  SELECT *, max(endsession) OVER (
    PARTITION BY user_id, device_id ORDER BY beginsession, endsession, row_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS reach
  FROM (${distinctRows(aggregated)}) AS partial
), islands AS (
  SELECT *, count(CASE WHEN reach IS NULL OR beginsession > reach + ${gap} THEN 1 END) OVER (
    PARTITION BY user_id, device_id ORDER BY beginsession RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS island
  FROM reached
)
SELECT arg_min(session_id, timeagg) AS session_id, user_id, device_id, min(timeagg) AS timeagg, ${merged}
FROM islands
GROUP BY user_id, device_id, island`;
}

function distinctRows(aggregated: string): string {
  return `SELECT * FROM ${aggregated} AS a QUALIFY row_number() OVER (PARTITION BY row_id) = 1`;
}

const merged = `
  CAST(sum(events) AS BIGINT) AS events,
  arg_min(beginnavigation, {'t': beginsession, 'e': begin_event_id}) AS beginnavigation,
  arg_max(endnavigation, {'t': endsession, 'e': end_event_id}) AS endnavigation,
  min(beginsession) AS beginsession,
  max(endsession) AS endsession,
  CAST((epoch_ms(max(endsession)) - epoch_ms(min(beginsession))) // 1000 AS BIGINT) AS duration_sec,
  arg_min(begin_event_id, {'t': beginsession, 'e': begin_event_id}) AS begin_event_id,
  arg_max(end_event_id, {'t': endsession, 'e': end_event_id}) AS end_event_id,
  min(window_open) AS window_open`;

function clicksSince(unit: 'day' | 'month'): string {
  // Now in UTC, also where the session has another time zone, or none at all (DuckDB-WASM has no ICU).
  const from = `date_trunc('${unit}', epoch_ms(epoch_ms(now())))`;
  return `
SELECT * FROM sessions WHERE timeagg >= ${from} AND timeagg < ${from} + INTERVAL 1 ${unit}`;
}

/**
 * The batch query: the same sessions as the engine's rows merged, from `rawdata` alone.
 *
 * @param stepMs step of `timeagg`, milliseconds
 * @throws RangeError if `stepMs` is not a positive whole number
 */
export function batchSessions({
  stepMs,
  rawdata = 'rawdata',
}: { stepMs: number } & Pick<Relations, 'rawdata'>): string {
  if (!Number.isSafeInteger(stepMs) || stepMs < 1)
    throw new RangeError(`batchSessions: stepMs is ${stepMs}; give whole milliseconds above 0`);
  // The remainder of a time before 1970 is negative, hence twice.
  const bucket = `epoch_ms(client_timestamp) - ((epoch_ms(client_timestamp) % ${stepMs}) + ${stepMs}) % ${stepMs}`;
  return `
SELECT ${sessionLabel} AS session_id, user_id, device_id, epoch_ms(bucket) AS timeagg,
  CAST(count(*) AS BIGINT) AS events,
  arg_min(client_event, {'t': client_timestamp, 'e': event_id}) AS beginnavigation,
  arg_max(client_event, {'t': client_timestamp, 'e': event_id}) AS endnavigation,
  min(client_timestamp) AS beginsession,
  max(client_timestamp) AS endsession,
  CAST((epoch_ms(max(client_timestamp)) - epoch_ms(min(client_timestamp))) // 1000 AS BIGINT) AS duration_sec,
  arg_min(event_id, {'t': client_timestamp, 'e': event_id}) AS begin_event_id,
  arg_max(event_id, {'t': client_timestamp, 'e': event_id}) AS end_event_id,
  min(received_at) AS window_open
FROM (SELECT *, CAST(${bucket} AS BIGINT) AS bucket FROM (${eventsQuery(rawdata)}) AS e) AS bucketed
GROUP BY user_id, device_id, bucket`;
}

/** Only ASCII letters are raised, so that every engine writes the same label. */
const sessionLabel = `
  translate(user_id || '_' || substring(device_id, 1, 3) || CAST((bucket - ((bucket % 1000) + 1000) % 1000) // 1000 AS VARCHAR),
    'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')`;
