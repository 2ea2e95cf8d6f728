import { tokens } from '../sql/tokens.ts';

/** Where in a statement DuckDB saw a fault. */
export interface ErrorPlace {
  /** Offset in the statement. */
  offset: number;
  /** Line in the statement, from 1. */
  line: number;
  /** Column in the line, from 1. */
  column: number;
}

/** What DuckDB said, and where. */
export interface ErrorWords {
  message: string;
  place: ErrorPlace | null;
}

/** `LINE 3: ...select nope from` and, under it, a caret under the fault. */
const excerpt = /\n?LINE (\d+): (.*)\n([ ]*)\^\s*$/;

/**
 * Splits what DuckDB said into words and a place in the statement.
 *
 * @param prefixLines lines put before the statement when it was run
 */
export function readError(said: string, sql: string, prefixLines = 0): ErrorWords {
  const found = excerpt.exec(said);
  const message = plainWords(found ? said.slice(0, found.index) : said);
  if (!found) return { message, place: placeOfName(message, sql) };
  const [, number = '1', shown = '', blank = ''] = found;
  const line = Number(number) - prefixLines;
  const lines = sql.split('\n');
  const text = lines[line - 1];
  if (text === undefined) return { message, place: null };
  const column = columnOf(shown, blank.length - `LINE ${number}: `.length, text);
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return { message, place: { offset: before + column, line, column: column + 1 } };
}

/** DuckDB gives no line for a fault in a query within a query, but quotes the name: its place, if it stands there once. */
function placeOfName(message: string, sql: string): ErrorPlace | null {
  const name = /(?:column|with name|near|function) "?([\w.]+)"?/i.exec(message)?.[1]?.split('.').at(-1);
  if (!name) return null;
  const found = tokens(sql).filter(({ kind, text }) => kind !== 'comment' && text.replaceAll('"', '') === name);
  const [only] = found;
  if (!only || found.length > 1) return null;
  const before = sql.slice(0, only.from).split('\n');
  return { offset: only.from, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** DuckDB shows at most about 60 letters of a line, with three dots where it has cut. */
function columnOf(shown: string, caret: number, text: string): number {
  const cutBefore = shown.startsWith('...');
  const piece = shown.slice(cutBefore ? 3 : 0).replace(/\.\.\.$/, '');
  const start = cutBefore ? Math.max(0, text.indexOf(piece)) : 0;
  return Math.max(0, Math.min(text.length, start + caret - (cutBefore ? 3 : 0)));
}

/** Says what to do instead where DuckDB's advice (load an extension from elsewhere) cannot work here. */
function plainWords(said: string): string {
  const missing = /requires? the extension (\w+)|exists in the (\w+) extension/.exec(said);
  if (missing) {
    const [first = said] = said.split('\n');
    const name = missing[1] ?? missing[2] ?? '';
    return `${first.trim()}\nThe extension ${name} is not in this page, which loads nothing from other hosts.`;
  }
  return said.trim();
}
