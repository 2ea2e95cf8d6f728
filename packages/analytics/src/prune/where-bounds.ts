import type { Value } from '../sql/question.ts';
import type { Token } from '../sql/tokens.ts';

/** A statement cut into tokens, comments left out, and the values of its `?`. */
export interface Words {
  sql: string;
  said: readonly Token[];
  values: readonly Value[];
}

/** `column >= expression`, or the like. */
export interface Bound {
  column: string;
  /** The column is `from` the time on, `to` the time with it, or `below` it. */
  side: 'from' | 'to' | 'below';
  /** Of constants and `?` only. */
  expression: string;
  values: readonly Value[];
  /** The column was rounded down to units of this length at most, milliseconds; 0 if it was not. */
  unitMs: number;
}

const dayMs = 86_400_000;
const units: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: dayMs,
  week: 7 * dayMs,
  month: 31 * dayMs,
  quarter: 92 * dayMs,
  year: 366 * dayMs,
};
/** What ends the conditions of a query. */
const ends = new Set(
  'group having order limit offset window qualify union intersect except using select from where join returning'.split(
    ' ',
  ),
);
/** What makes conditions other than a list of which all must hold. */
const unplain = new Set(['or', 'case', 'collate']);
/** What an expression of constants may be made of, beside numbers, strings, `?` and signs. */
const constants = new Set(
  'timestamp date interval cast as bigint varchar epoch_ms now today current_date current_timestamp date_trunc to_milliseconds to_seconds to_minutes to_hours to_days make_date second seconds minute minutes hour hours day days week weeks month months year years'.split(
    ' ',
  ),
);
const signs = new Set(['(', ')', '+', '-', '*', ',', ':', '?', '.']);

/**
 * The bounds on some columns in the WHERE that stands with a relation: of the conditions that must all hold, those that
 * compare such a column, or its day, with constants. None where the query is less plain than `FROM name [alias] WHERE`.
 *
 * @param at place of the relation's name in `words.said`
 */
export function boundsIn(words: Words, at: number, columns: readonly string[]): Bound[] {
  const { said } = words;
  let next = at + 1;
  let alias = lower(said[at]);
  if (lower(said[next]) === 'as') next += 1;
  if (said[next]?.kind === 'word' && lower(said[next]) !== 'where') {
    alias = lower(said[next]);
    next += 1;
  }
  if (lower(said[next]) !== 'where') return [];
  return conditions(said, next + 1).flatMap((condition) => boundsOf(words, condition, { alias, columns }));
}

const lower = (token: Token | undefined): string => token?.text.toLowerCase() ?? '';

/** A stretch of tokens: `from` inclusive, `to` exclusive. */
interface Stretch {
  from: number;
  to: number;
}

/** The conditions of a WHERE, cut at each AND that is not of a BETWEEN; none if an OR, or worse, stands among them. */
function conditions(said: readonly Token[], from: number): Stretch[] {
  const found: Stretch[] = [];
  let start = from;
  let depth = 0;
  let between = 0;
  let at = from;
  for (; at < said.length; at += 1) {
    const word = lower(said[at]);
    if (word === '(' || word === '[' || word === '{') depth += 1;
    if (word === ')' || word === ']' || word === '}') depth -= 1;
    if (depth < 0 || word === ';') break;
    if (depth > 0 || said[at]?.kind === 'string') continue;
    if (unplain.has(word)) return [];
    if (ends.has(word)) break;
    if (word === 'between') between += 1;
    if (word !== 'and') continue;
    if (between > 0) between -= 1;
    else {
      found.push({ from: start, to: at });
      start = at + 1;
    }
  }
  return [...found, { from: start, to: at }];
}

interface Wanted {
  alias: string;
  columns: readonly string[];
}

function boundsOf(words: Words, stretch: Stretch, wanted: Wanted): Bound[] {
  const left = timeColumn(words.said, stretch.from, wanted);
  if (!left) return [];
  const { column, unitMs } = left;
  const rest = { from: left.to, to: stretch.to };
  const bound = (side: Bound['side'], part: Stretch): Bound[] => {
    const constant = constantIn(words, part);
    if (!constant) return [];
    // Times are known to the millisecond: of a fraction one cannot tell.
    const fine = side === 'below' && /\.\d/.test(`${constant.expression} ${constant.values.join(' ')}`);
    return [{ column, side: fine ? 'to' : side, unitMs: side === 'from' ? 0 : unitMs, ...constant }];
  };
  const word = lower(words.said[rest.from]);
  if (word === 'between') return betweenBounds(words, rest, bound);
  const sign = word + (words.said[rest.from + 1]?.text === '=' ? '=' : '');
  const right = { from: rest.from + sign.length, to: rest.to };
  switch (sign) {
    case '=':
      return [...bound('from', right), ...bound('to', right)];
    case '>':
    case '>=':
      return bound('from', right);
    case '<':
      return bound('below', right);
    case '<=':
      return bound('to', right);
    default:
      return [];
  }
}

function betweenBounds(
  { said }: Words,
  { from, to }: Stretch,
  bound: (side: Bound['side'], part: Stretch) => Bound[],
): Bound[] {
  let depth = 0;
  for (let at = from + 1; at < to; at += 1) {
    if (lower(said[at]) === '(') depth += 1;
    if (lower(said[at]) === ')') depth -= 1;
    if (depth === 0 && lower(said[at]) === 'and')
      return [...bound('from', { from: from + 1, to: at }), ...bound('to', { from: at + 1, to })];
  }
  return [];
}

interface TimeColumnAt {
  column: string;
  unitMs: number;
  /** The token behind it. */
  to: number;
}

/** A column, `column::DATE`, `CAST(column AS DATE)` or `date_trunc('unit', column)` at a place. */
function timeColumn(said: readonly Token[], at: number, wanted: Wanted): TimeColumnAt | null {
  const word = lower(said[at]);
  if (word === 'cast' && lower(said[at + 1]) === '(') {
    const inner = plainColumn(said, at + 2, wanted);
    const cast =
      inner &&
      said
        .slice(inner.to, inner.to + 3)
        .map(lower)
        .join(' ') === 'as date )';
    return cast ? { ...inner, unitMs: dayMs, to: inner.to + 3 } : null;
  }
  if (word === 'date_trunc' && lower(said[at + 1]) === '(' && said[at + 2]?.kind === 'string') {
    const unitMs = units[lower(said[at + 2]).replaceAll("'", '')];
    const inner = lower(said[at + 3]) === ',' ? plainColumn(said, at + 4, wanted) : null;
    return unitMs && inner && lower(said[inner.to]) === ')' ? { ...inner, unitMs, to: inner.to + 1 } : null;
  }
  const column = plainColumn(said, at, wanted);
  if (!column || lower(said[column.to]) !== ':') return column;
  const cast = said
    .slice(column.to, column.to + 3)
    .map(lower)
    .join(' ');
  return cast === ': : date' ? { ...column, unitMs: dayMs, to: column.to + 3 } : null;
}

function plainColumn(said: readonly Token[], at: number, { alias, columns }: Wanted): TimeColumnAt | null {
  const named = lower(said[at]) === alias && lower(said[at + 1]) === '.' ? at + 2 : at;
  const column = lower(said[named]).replaceAll('"', '');
  return columns.includes(column) ? { column, unitMs: 0, to: named + 1 } : null;
}

const isPlace = ({ kind, text }: Token): boolean => kind === 'symbol' && text === '?';

const isNumberAt = (token: Token | undefined, at: number): boolean => token?.from === at && /^\d/.test(token.text);

/** The text of an expression, if it is of constants and bound values only. */
function constantIn({ sql, said, values }: Words, { from, to }: Stretch): Pick<Bound, 'expression' | 'values'> | null {
  const part = said.slice(from, to);
  const plain = part.every(({ kind, text }) => {
    if (kind === 'word') return /^\d/.test(text) || constants.has(text.toLowerCase());
    return kind === 'string' ? text.startsWith("'") : kind === 'symbol' && signs.has(text);
  });
  const [first] = part;
  const last = part.at(-1);
  if (!plain || !first || !last) return null;
  // The place of a numbered value, `?2`, is not where it stands.
  if (part.some(isPlace) && said.some((token, index) => isPlace(token) && isNumberAt(said[index + 1], token.to)))
    return null;
  const before = said.slice(0, from).filter(isPlace).length;
  const bound = values.slice(before, before + part.filter(isPlace).length);
  const text = bareText(part, bound);
  if (text === null) return { expression: sql.slice(first.from, last.to), values: bound };
  return plainTime.test(text) ? { expression: '?', values: [text.length === 16 ? `${text}:00` : text] } : null;
}

/** A time that sorts as text as it does as a time: DuckDB 0.9 compares some times with text as text. */
const plainTime = /^\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d(\.\d+)?)?)?$/;

/** The text, where an expression is one and nothing more. */
function bareText(part: readonly Token[], bound: readonly Value[]): string | null {
  const [only, more] = part.filter(({ text }) => text !== '(' && text !== ')');
  if (!only || more) return null;
  if (only.kind === 'string') return only.text.slice(1, -1);
  const [value] = bound;
  return only.text === '?' && typeof value === 'string' ? value : null;
}
