import { deviceTypes } from '@taphouse/schema';

import type { SessionLength } from '../model/sessionize.ts';
import type { Filters } from '../model/tally.ts';

/** What a bound value may be. */
export type Value = string | number | boolean | Date | null;

/** A statement and the values of its `?`, in order. Hand both to `Connection.query`, or read it with `textOf`. */
export interface Question {
  sql: string;
  values: Value[];
}

/** Of which sessions one asks. */
export interface Ask {
  /** Sessions that begin at or after this, milliseconds since 1970 UTC. */
  fromAt: number;
  /** Sessions that begin before this. */
  toAt: number;
  /** Stagger windows as collected, or the longest pause in milliseconds. Default `windows`. */
  length?: SessionLength;
  filters?: Filters;
}

/** The relation of sessions of a length: `sessions`, or `sessions_within` a checked number of milliseconds. */
export function sessionsOf(length: SessionLength = 'windows'): string {
  if (length === 'windows') return 'sessions';
  if (!Number.isSafeInteger(length) || length < 1) {
    throw new RangeError(`session length: ${length}; give whole milliseconds above 0, or 'windows'`);
  }
  return `sessions_within(INTERVAL ${length} MILLISECONDS)`;
}

/** The place of a bound time, milliseconds since 1970 UTC. */
export const time = 'epoch_ms(CAST(? AS BIGINT))';

/**
 * `WITH s AS (...)`: the sessions asked for. Merged first and filtered after, for a filter below changes sessions.
 *
 * @param typed also with their `device_type`, as the events of their device say; an id that names a type is of it
 */
export function withSessions(ask: Ask, typed = false): Question {
  const { filters = {} } = ask;
  const parts = [`beginsession >= ${time}`, `beginsession < ${time}`];
  const values: Value[] = [ask.fromAt, ask.toAt];
  const equals = [
    ['device_id', filters.device],
    [deviceType, filters.type],
    ['user_id', filters.user],
    ['beginnavigation', filters.first],
    ['endnavigation', filters.last],
    ['dayofweek(beginsession)', filters.hour?.day],
    ['hour(beginsession)', filters.hour?.hour],
  ] as const;
  for (const [column, value] of equals) {
    if (value === undefined) continue;
    parts.push(`${column} = ?`);
    values.push(value);
  }
  if (filters.duration) {
    parts.push('duration_sec >= ?');
    values.push(filters.duration.from);
    if (filters.duration.to !== null) {
      parts.push('duration_sec < ?');
      values.push(filters.duration.to);
    }
  }
  const withTypes = typed || filters.type !== undefined;
  const columns = withTypes ? `sessions.*, ${deviceType} AS device_type` : '*';
  const from = `${sessionsOf(ask.length)}${withTypes ? ' AS sessions LEFT JOIN typed USING (device_id)' : ''}`;
  const made = `SELECT ${columns} FROM ${from}\n  WHERE ${parts.join('\n    AND ')}`;
  const types = withTypes ? `${typedDevices}, ` : '';
  if (filters.event === undefined) return { sql: `WITH ${types}s AS (\n  ${made}\n)`, values };
  return {
    sql: `WITH ${types}chosen AS (\n  ${made}\n), s AS (\n  SELECT * FROM chosen ${withEvent}\n)`,
    values: [...values, filters.event],
  };
}

const typedDevices = `typed AS (
  SELECT device_id, max(device_type) AS type FROM rawdata GROUP BY device_id
)`;
const deviceType = `coalesce(typed.type, CASE WHEN device_id IN (${deviceTypes.map((name) => `'${name}'`).join(', ')}) THEN device_id ELSE 'unknown' END)`;
/** A copy of an event has its time, so that copies may stay. */
const withEvent = `SEMI JOIN (SELECT * FROM rawdata WHERE client_event = ?) AS e
    ON e.user_id = chosen.user_id AND e.device_id = chosen.device_id
    AND e.client_timestamp >= chosen.beginsession AND e.client_timestamp <= chosen.endsession`;

/** The statement with its values written in, to be read, copied and run elsewhere. */
export function textOf({ sql, values }: Question): string {
  let next = 0;
  return sql.replace(/epoch_ms\(CAST\(\? AS BIGINT\)\)|\?/g, (place) => {
    const value = values[next++] ?? null;
    return literal(place === time && typeof value === 'number' ? new Date(value) : value);
  });
}

function literal(value: Value): string {
  if (value === null) return 'NULL';
  if (value instanceof Date) return `TIMESTAMP '${value.toISOString().replace('T', ' ').replace('Z', '')}'`;
  if (typeof value !== 'string') return String(value);
  return `'${value.replaceAll("'", "''")}'`;
}
