/** A piece of SQL, as far as one must know it not to be fooled by quotes and comments. */
export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'comment' | 'symbol';
  text: string;
  from: number;
  to: number;
}

/** Line and block comments, strings, dollar-quoted strings, quoted names, words and numbers, and single symbols. */
const pieces =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:[^']|'')*(?:'|$)|(?<tag>\$\w*\$)[\s\S]*?(?:\k<tag>|$))|(?<quoted>"(?:[^"]|"")*(?:"|$))|(?<word>[\p{L}\p{N}_][\p{L}\p{N}_$]*)|(?<symbol>\S)/gu;

/** Cuts SQL into tokens; blanks are left out. What has no end (a string still being typed) goes on to the end of the text. */
export function tokens(sql: string): Token[] {
  return Array.from(sql.matchAll(pieces), (match) => {
    const groups = match.groups ?? {};
    const kind =
      (['comment', 'string', 'quoted', 'word'] as const).find((name) => groups[name] !== undefined) ?? 'symbol';
    return { kind, text: match[0], from: match.index, to: match.index + match[0].length };
  });
}
