/** The views in DuckDB SQL, for native DuckDB 1.5 and DuckDB-WASM 1.28.0 alike. */
import { tables } from '@taphouse/schema';
import { type Dialect, batchQuery, firstCopy, sessionsQuery, sessionsWithinQuery } from './meaning.ts';

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
  const within = sessionsWithinQuery(duckdb, aggregated, 'beginsession > reach + gap');
  return [
    `CREATE OR REPLACE VIEW events AS ${eventsView(rawdata)}`,
    `CREATE OR REPLACE VIEW sessions AS ${sessionsQuery(duckdb, aggregated)}`,
    `CREATE OR REPLACE MACRO sessions_within(gap) AS TABLE ${within}`,
    `CREATE OR REPLACE VIEW clicks_today AS ${clicksSince('day')}`,
    `CREATE OR REPLACE VIEW clicks_month AS ${clicksSince('month')}`,
  ];
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
  return batchQuery(duckdb, rawdata, stepMs);
}

const duckdb: Dialect = {
  // For the batch query: no MAP goes along.
  events: (rawdata) => `
SELECT * EXCLUDE (copy) FROM (SELECT *, ${firstCopy} AS copy FROM ${rawdata} AS r) AS numbered WHERE copy = 1`,
  distinctRows,
  timestamp: (millis) => `epoch_ms(${millis})`,
};

/**
 * rawdata without copies. Events without copies, nearly all, come straight from the table, so that a filter reaches the
 * files: half the time of numbering all rows. The MAP passes no window: DuckDB-WASM 1.28.0 ends in a trap
 * ("null function") where a filter behind a window leaves few rows of a chunk with a MAP.
 */
function eventsView(rawdata: string): string {
  const names = tables.rawdata.map((column) => column.name);
  const withoutMap = names.filter((name) => name !== 'properties').join(', ');
  const copied = `(SELECT event_id FROM ${rawdata} AS r GROUP BY event_id HAVING count(*) > 1) AS copied`;
  return `
SELECT ${names.map((name) => `r.${name}`).join(', ')}
FROM ${rawdata} AS r ANTI JOIN ${copied} ON r.event_id = copied.event_id
UNION ALL
SELECT ${names.map((name) => (name === 'properties' ? `p.${name}` : `first.${name}`)).join(', ')}
FROM (
  SELECT ${withoutMap}, ${firstCopy} AS copy
  FROM ${rawdata} AS r SEMI JOIN ${copied} ON r.event_id = copied.event_id
) AS first
JOIN (
  SELECT event_id, received_at, client_timestamp, first(properties) AS properties
  FROM ${rawdata} AS r SEMI JOIN ${copied} ON r.event_id = copied.event_id
  GROUP BY event_id, received_at, client_timestamp
) AS p ON p.event_id = first.event_id AND p.received_at = first.received_at AND p.client_timestamp = first.client_timestamp
WHERE first.copy = 1`;
}

/** Rows without copies, nearly all, come straight from the table, so that a filter reaches the files. */
function distinctRows(aggregated: string): string {
  const copied = `(SELECT row_id FROM ${aggregated} AS a GROUP BY row_id HAVING count(*) > 1) AS copied`;
  return `
SELECT a.* FROM ${aggregated} AS a ANTI JOIN ${copied} ON a.row_id = copied.row_id
UNION ALL
SELECT * EXCLUDE (copy) FROM (
  SELECT a.*, row_number() OVER (PARTITION BY a.row_id ORDER BY a.events) AS copy
  FROM ${aggregated} AS a SEMI JOIN ${copied} ON a.row_id = copied.row_id
) AS numbered WHERE copy = 1`;
}

function clicksSince(unit: 'day' | 'month'): string {
  // Now in UTC, also where the session has another time zone, or none at all (DuckDB-WASM has no ICU).
  const from = `date_trunc('${unit}', epoch_ms(epoch_ms(now())))`;
  return `
SELECT * FROM sessions WHERE timeagg >= ${from} AND timeagg < ${from} + INTERVAL 1 ${unit}`;
}
