import { limits, type TableName } from '@taphouse/schema';

import type { Value } from '../sql/question.ts';
import { type Token, tokens } from '../sql/tokens.ts';
import { type Bound, boundsIn, type Words } from './where-bounds.ts';

/** A stretch of time, milliseconds since 1970 UTC: `fromAt` inclusive, `toAt` exclusive. */
interface TimeRange {
  fromAt: number;
  toAt: number;
}

/** All of time. */
export const everything: TimeRange = { fromAt: -Infinity, toAt: Infinity };

/** Of each table, the partition times that a statement can need; a table left out is needed whole, or not at all. */
export type Needed = Partial<Record<TableName, TimeRange>>;

export interface NeededTimesOptions {
  /** Longest step of the rows in `aggregated`, milliseconds. */
  stepMs: number;
  /** The time that an expression of constants and bound values stands for, milliseconds since 1970 UTC; null if none. */
  evaluate: (expression: string, values: readonly Value[]) => Promise<number | null>;
}

/** How a column of a relation bounds the time by which its table's files are divided. */
interface TimeColumn {
  table: TableName;
  /** A row's partition time may be this much before the column's, milliseconds. */
  beforeMs: 'step' | number;
}

const aggregated: Readonly<Record<string, TimeColumn>> = {
  timeagg: { table: 'aggregated', beforeMs: 0 },
  beginsession: { table: 'aggregated', beforeMs: 'step' },
  endsession: { table: 'aggregated', beforeMs: 'step' },
};

/**
 * Relations whose rows a condition on a column selects by files. `sessions` merges rows of one `timeagg` only.
 * `events` takes the first of its copies, and a copy comes within the collector's limits.
 * Not here: `sessions_within`, whose sessions span files, and `client_timestamp`, which an import may have at any time.
 */
const relations: Readonly<Record<string, Readonly<Record<string, TimeColumn>>>> = {
  aggregated,
  sessions: aggregated,
  rawdata: { received_at: { table: 'rawdata', beforeMs: 0 } },
  events: { received_at: { table: 'rawdata', beforeMs: limits.maxAgeMs + limits.maxAheadMs } },
};
const tableOf: Readonly<Record<string, TableName>> = {
  aggregated: 'aggregated',
  sessions: 'aggregated',
  sessions_within: 'aggregated',
  clicks_today: 'aggregated',
  clicks_month: 'aggregated',
  rawdata: 'rawdata',
  events: 'rawdata',
};
/** The article's views hold the current day or month. */
const current: Readonly<Record<string, string>> = {
  clicks_today: "date_trunc('day', epoch_ms(epoch_ms(now())))",
  clicks_month: "date_trunc('month', epoch_ms(epoch_ms(now())))",
};
/** The clock goes on between this and the statement itself. */
const slackMs = 60_000;
const ofNow = /\b(now|today|current_date|current_timestamp)\b/i;

/**
 * The times of each table that a statement can need, by the conditions that stand with its relations: for
 * `FROM aggregated WHERE timeagg >= ... AND ...` the rows of that time, for anything less plain the whole table. The
 * answer of the statement is the same over the files of these times as over all.
 */
export async function neededTimes(sql: string, values: readonly Value[], options: NeededTimesOptions): Promise<Needed> {
  const said = tokens(sql).filter(({ kind }) => kind !== 'comment');
  const words: Words = { sql, said, values };
  const needed: Needed = {};
  for (const [at, token] of said.entries()) {
    const name = nameOf(token);
    const table = Object.hasOwn(tableOf, name) ? tableOf[name] : undefined;
    if (!table || isColumn(said, at)) continue;
    const range = await rangeAt(words, at, name, options);
    const known = needed[table];
    needed[table] = known
      ? { fromAt: Math.min(known.fromAt, range.fromAt), toAt: Math.max(known.toAt, range.toAt) }
      : range;
  }
  // A statement that names no relation may reach them through a view of one's own.
  return needed;
}

/** DuckDB takes a string for the name of a relation, too. */
function nameOf({ kind, text }: Token): string {
  if (kind === 'string') return text.replaceAll("'", '').toLowerCase();
  return kind === 'word' || kind === 'quoted' ? text.replaceAll('"', '').toLowerCase() : '';
}

/** Words of which the next names stand for relations, and words of which they stand for columns. */
const beforeRelations = new Set('from join pivot unpivot table describe desc summarize show into'.split(' '));
const beforeColumns = new Set(
  'select where by having qualify on using filter over limit offset set returning case when then else'.split(' '),
);

/** Columns and aliases may be called as relations are: `events` is both. What is not surely a column is a relation. */
function isColumn(said: readonly Token[], at: number): boolean {
  let depth = 0;
  for (let before = at - 1; before >= 0; before -= 1) {
    const word = said[before]?.text.toLowerCase() ?? '';
    if (word === ')') depth += 1;
    if (word === '(' && depth > 0) depth -= 1;
    if (depth > 0 || said[before]?.kind !== 'word') continue;
    if (beforeRelations.has(word)) return false;
    // Behind a comma another relation may follow what a join goes by.
    if (word === 'on' || word === 'using') return !followsRelations(said, at);
    if (beforeColumns.has(word)) return true;
  }
  return false;
}

/** Behind a comma, or behind USING of a DELETE, in brackets or not. */
function followsRelations(said: readonly Token[], at: number): boolean {
  let before = at - 1;
  while (said[before]?.text === '(') before -= 1;
  return [',', 'using'].includes(said[before]?.text.toLowerCase() ?? '');
}

/** The times needed where a relation is named. */
async function rangeAt(words: Words, at: number, name: string, options: NeededTimesOptions): Promise<TimeRange> {
  if (words.said[at - 1]?.text.toLowerCase() !== 'from' || words.said[at]?.kind === 'string') return everything;
  const since = current[name];
  if (since !== undefined) {
    const fromAt = await known(options.evaluate, since, []);
    return fromAt === null ? everything : { fromAt, toAt: Infinity };
  }
  const columns = relations[name];
  if (!columns) return everything;
  const found = boundsIn(words, at, Object.keys(columns));
  const range = { ...everything };
  for (const bound of found) {
    const column = columns[bound.column];
    const limit = await known(options.evaluate, bound.expression, bound.values);
    if (column && limit !== null)
      narrow(range, bound, limit, column.beforeMs === 'step' ? options.stepMs : column.beforeMs);
  }
  return range;
}

function narrow(range: TimeRange, { side, unitMs, expression }: Bound, limit: number, beforeMs: number): void {
  const slack = ofNow.test(expression) ? slackMs : 0;
  if (side === 'from') range.fromAt = Math.max(range.fromAt, limit - beforeMs - slack);
  else range.toAt = Math.min(range.toAt, limit + Math.max(side === 'to' ? 1 : 0, unitMs) + slack);
}

async function known(
  evaluate: NeededTimesOptions['evaluate'],
  expression: string,
  values: readonly Value[],
): Promise<number | null> {
  try {
    const at = await evaluate(expression, values);
    return at !== null && Number.isFinite(at) ? at : null;
  } catch {
    // Not a time: DuckDB itself says so when the statement runs.
    return null;
  }
}
