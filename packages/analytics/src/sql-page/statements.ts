import { tokens } from '../sql/tokens.ts';

/** One statement of a text: `text.slice(from, to)`, without the blank before it and the semicolon after it. */
export interface Statement {
  text: string;
  from: number;
  to: number;
}

/** The statements of a text, in order. A piece of nothing but comments is none. */
export function statements(sql: string): Statement[] {
  const found: Statement[] = [];
  let from = -1;
  let to = -1;
  let empty = true;
  const end = (): void => {
    if (!empty) found.push({ text: sql.slice(from, to), from, to });
    from = -1;
    empty = true;
  };
  for (const token of tokens(sql)) {
    if (token.kind === 'symbol' && token.text === ';') {
      end();
      continue;
    }
    if (from < 0) from = token.from;
    to = token.to;
    if (token.kind !== 'comment') empty = false;
  }
  end();
  return found;
}

/** The statement at an offset: the one that holds it, else the one before it, else the first. */
export function statementAt(sql: string, offset: number): Statement | undefined {
  const all = statements(sql);
  return all.findLast((statement) => statement.from <= offset) ?? all[0];
}

/** A name for a tab or a list: the text of its first comment, else the start of the statement on one line. */
export function titleOf(sql: string, letters = 60): string {
  const [first] = tokens(sql);
  const said = first?.kind === 'comment' ? first.text.replace(/^--+|^\/\*+|\*\/$/g, '') : sql;
  const line = said.replace(/\s+/g, ' ').trim();
  return line.length <= letters ? line : `${line.slice(0, letters - 1)}…`;
}
