/** The same views for Amazon Athena (Trino), over tables with the partitions year, month and day. */
import { type TableName, tables } from '@taphouse/schema';
import { type Dialect, batchQuery, firstCopy, millis, sessionsQuery, sessionsWithinQuery } from './meaning.ts';

/**
 * Statements that make the views `events`, `sessions`, `clicks_today` and `clicks_month` in Athena, in order. Views have no
 * parameters there: for lag sessions take `athenaSessionsWithin`.
 *
 * @param database where the tables are and the views go; letters, digits and _. Default `taphouse`
 * @throws RangeError if `database` is no such name
 */
export function athenaViews({ database = 'taphouse' }: { database?: string } = {}): string[] {
  const name = (table: string): string => `${checkName(database)}.${table}`;
  return [
    `CREATE OR REPLACE VIEW ${name('events')} AS ${athena.events(name('rawdata'))}`,
    `CREATE OR REPLACE VIEW ${name('sessions')} AS ${sessionsQuery(athena, name('aggregated'))}`,
    `CREATE OR REPLACE VIEW ${name('clicks_today')} AS ${sessionsQuery(athena, partitionsOf(name('aggregated'), today))}`,
    `CREATE OR REPLACE VIEW ${name('clicks_month')} AS ${sessionsQuery(athena, partitionsOf(name('aggregated'), thisMonth))}`,
  ];
}

/**
 * Lag sessions: clicks of one visitor and device no more than `gapMs` apart. Exact for a gap at or above the step.
 *
 * @param aggregated the table, or a query in brackets. Default `aggregated`
 * @throws RangeError if `gapMs` is not a positive whole number
 */
export function athenaSessionsWithin({
  gapMs,
  aggregated = 'aggregated',
}: {
  gapMs: number;
  aggregated?: string;
}): string {
  if (!Number.isSafeInteger(gapMs) || gapMs < 1)
    throw new RangeError(`athenaSessionsWithin: gapMs is ${gapMs}; give whole milliseconds above 0`);
  return sessionsWithinQuery(athena, aggregated, `${millis('beginsession')} - ${millis('reach')} > ${gapMs}`);
}

/**
 * The batch query over `rawdata`: the same sessions as the merged rows.
 *
 * @throws RangeError if `stepMs` is not a positive whole number
 */
export function athenaBatchSessions({ stepMs, rawdata = 'rawdata' }: { stepMs: number; rawdata?: string }): string {
  return batchQuery(athena, rawdata, stepMs);
}

const athena: Dialect = {
  events: (rawdata) => firstOf('rawdata', rawdata, firstCopy),
  distinctRows: (aggregated) =>
    firstOf('aggregated', aggregated, 'row_number() OVER (PARTITION BY row_id ORDER BY events)'),
  timestamp: (millis) => `date_add('millisecond', ${millis}, TIMESTAMP '1970-01-01 00:00:00.000')`,
};

/** Rows numbered 1 among their copies. */
function firstOf(table: TableName, relation: string, copy: string): string {
  const columns = tables[table].map((column) => column.name).join(', ');
  return `
SELECT ${columns} FROM (SELECT *, ${copy} AS copy FROM ${relation} AS r) AS numbered WHERE copy = 1`;
}

const nowUtc = "(current_timestamp AT TIME ZONE 'UTC')";
const thisMonth = `year = date_format(${nowUtc}, '%Y') AND month = date_format(${nowUtc}, '%m')`;
const today = `${thisMonth} AND day = date_format(${nowUtc}, '%d')`;

/** A day's partition holds exactly the rows whose timeagg is in it, so this may be filtered below the merge. */
function partitionsOf(aggregated: string, condition: string): string {
  return `(SELECT * FROM ${aggregated} WHERE ${condition})`;
}

function checkName(name: string): string {
  if (/^[a-z_]\w*$/i.test(name)) return name;
  throw new RangeError(`athenaViews: database ${JSON.stringify(name)}: use letters, digits and _`);
}
