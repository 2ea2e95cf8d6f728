/** A piece of SQL, as far as one must know it not to be fooled by quotes and comments. */
export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'comment' | 'symbol';
  text: string;
  from: number;
  to: number;
}

/**
 * Comments (of a block comment the beginning), strings, with escapes and dollar-quoted ones, quoted names, words and
 * numbers, and single symbols.
 */
const pieces =
  /(?<comment>--[^\n\r]*|\/\*)|(?<string>[eE]'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|'(?:[^']|'')*(?:'|$)|(?<tag>\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$)[\s\S]*?(?:\k<tag>|$))|(?<quoted>"(?:[^"]|"")*(?:"|$))|(?<word>[\p{L}\p{N}_][\p{L}\p{N}_$]*)|(?<symbol>\S)/gu;
const kinds = ['comment', 'string', 'quoted', 'word'] as const;

/** Cuts SQL into tokens; blanks are left out. What has no end (a string still being typed) goes on to the end of the text. */
export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  pieces.lastIndex = 0;
  for (let match = pieces.exec(sql); match; match = pieces.exec(sql)) {
    const [text] = match;
    const from = match.index;
    if (text === '/*') pieces.lastIndex = endOfComment(sql, from);
    const to = pieces.lastIndex;
    found.push({ kind: kindOf(match.groups), text: sql.slice(from, to), from, to });
  }
  return found;
}

function kindOf(groups: RegExpExecArray['groups']): Token['kind'] {
  return kinds.find((name) => groups?.[name] !== undefined) ?? 'symbol';
}

/** Block comments may hold others. */
function endOfComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  let depth = 0;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}
