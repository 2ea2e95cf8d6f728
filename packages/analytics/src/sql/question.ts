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

/** `WITH s AS (...)`: the sessions asked for. Merged first and filtered after, for a filter below changes sessions. */
export function withSessions(ask: Ask): Question {
  const { filters = {} } = ask;
  const parts = [`beginsession >= ${time}`, `beginsession < ${time}`];
  const values: Value[] = [ask.fromAt, ask.toAt];
  const equals = [
    ['device_id', filters.device],
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
  return {
    sql: `WITH s AS (\n  SELECT * FROM ${sessionsOf(ask.length)}\n  WHERE ${parts.join('\n    AND ')}\n)`,
    values,
  };
}

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
