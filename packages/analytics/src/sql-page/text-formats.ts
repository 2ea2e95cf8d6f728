/** A cell as text; null is SQL's NULL. */
export type Cell = string | null;

/** A column as the formats need it. */
export interface FormatColumn {
  name: string;
  /** True where every value is a plain number, which no spreadsheet can take for a formula. */
  numeric: boolean;
}

/** What a spreadsheet would run as a formula. */
const formula = /^[=+\-@\t\r\n]/;

/**
 * Rows as CSV (RFC 4180, CRLF), safe to open in a spreadsheet: text that begins as a formula gets an apostrophe
 * before it. NULL is empty, an empty text is `""`.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvLines(columns: readonly FormatColumn[], rows: Iterable<readonly Cell[]>): string {
  return delimited(columns, rows, { separator: ',', quoteIf: /[",\r\n]/, end: '\r\n' });
}

/** Rows as tab-separated text, for the clipboard; as safe as {@link csvLines}. */
export function tsvLines(columns: readonly FormatColumn[], rows: Iterable<readonly Cell[]>): string {
  return delimited(columns, rows, { separator: '\t', quoteIf: /["\t\r\n]/, end: '\n' });
}

interface Delimiters {
  separator: string;
  quoteIf: RegExp;
  end: string;
}

function delimited(columns: readonly FormatColumn[], rows: Iterable<readonly Cell[]>, how: Delimiters): string {
  const write = (cell: Cell, numeric: boolean): string => {
    if (cell === null) return '';
    const safe = !numeric && formula.test(cell) ? `'${cell}` : cell;
    return safe === '' || how.quoteIf.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines: string[] = [];
  for (const row of rows) {
    lines.push(row.map((cell, index) => write(cell, columns[index]?.numeric ?? false)).join(how.separator) + how.end);
  }
  return lines.join('');
}

/** The names of the columns, as a first line. */
export function headerRow(columns: readonly FormatColumn[]): Cell[][] {
  return [columns.map(({ name }) => name)];
}
