import { lakeRelations } from './lake-relations.ts';
import { type Token, tokens } from '../sql/tokens.ts';

/**
 * What a statement does, as far as the page must know:
 * `rows` gives rows; `about` describes, and gives few; `define` makes or changes a table of one's own, in memory.
 */
export type StatementKind = 'rows' | 'about' | 'define';

/** A statement that this page does not run. The message says why and what to do. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

const kinds: Readonly<Record<string, StatementKind>> = {
  select: 'rows',
  with: 'rows',
  from: 'rows',
  values: 'rows',
  table: 'rows',
  pivot: 'rows',
  unpivot: 'rows',
  '(': 'rows',
  describe: 'about',
  desc: 'about',
  show: 'about',
  summarize: 'about',
  explain: 'about',
  create: 'define',
  drop: 'define',
  insert: 'define',
  update: 'define',
  delete: 'define',
};

const extensions = 'extensions come from other hosts, and this page speaks to its own only';
const database = 'this page has one database, in memory, over one lake';
const reasons: Readonly<Record<string, string>> = {
  install: extensions,
  load: extensions,
  attach: database,
  detach: database,
  use: database,
  copy: 'the lake is read only here; use the buttons to download a result',
  export: 'the lake is read only here; use the buttons to download a result',
  import: database,
};

/** Words that may stand between the verb and the name of what it makes or changes. */
const between = new Set('or replace temp temporary table view macro function if not exists into from'.split(' '));
const things = new Set(['table', 'view', 'macro', 'function']);

/**
 * Says what a statement does, and refuses what could write to the lake or reach elsewhere. An allow list: what is
 * not known is refused. Tables, views and macros of one's own are allowed; they live in this page's memory.
 *
 * @throws RefusedError
 */
export function allowed(sql: string): StatementKind {
  const said = tokens(sql).filter((token) => token.kind !== 'comment');
  const verb = said[0]?.text.toLowerCase() ?? '';
  const kind = Object.hasOwn(kinds, verb) ? kinds[verb] : undefined;
  if (!kind) {
    const reason = Object.hasOwn(reasons, verb)
      ? reasons[verb]
      : 'this page runs queries; begin with SELECT, WITH or FROM';
    throw new RefusedError(`${verb.toUpperCase()}: not run; ${reason}`);
  }
  if (kind === 'define') refuseLakeNames(verb, said);
  if (verb === 'explain') refuseWritten(said.slice(1));
  return kind;
}

/** EXPLAIN ANALYZE runs what it explains, so that must be a query. */
function refuseWritten(said: readonly Token[]): void {
  const rest = said.filter((token) => token.text.toLowerCase() !== 'analyze');
  const verb = rest[0]?.text.toLowerCase() ?? '';
  if (kinds[verb] !== 'rows')
    throw new RefusedError(`EXPLAIN ${verb.toUpperCase()}: not run; this page explains queries only`);
}

function refuseLakeNames(verb: string, said: readonly Token[]): void {
  const words = said.slice(1).map((token) => token.text.toLowerCase());
  if ((verb === 'create' || verb === 'drop') && !words.slice(0, 4).some((word) => things.has(word))) {
    throw new RefusedError(
      `${verb.toUpperCase()} ${words[0]?.toUpperCase() ?? ''}: not run; make a TABLE, VIEW or MACRO`,
    );
  }
  const first = words.findIndex((word) => !between.has(word));
  const name = (words[words[first + 1] === '.' ? first + 2 : first] ?? '').replaceAll('"', '');
  if (lakeRelations.some((relation) => relation.name === name) || name.startsWith('taphouse_')) {
    throw new RefusedError(`${name}: belongs to the lake, which is read only here; choose another name`);
  }
}
