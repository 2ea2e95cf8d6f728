import { saveFile } from '../export/save-file.ts';
import { jsonText } from '../json-text.ts';
import type { QueryResult, SortBy } from './query-result.ts';
import { csvLines, type FormatColumn, headerRow } from './text-formats.ts';

export type FileFormat = 'csv' | 'json' | 'parquet';

/** Rows read at a time, so that a long result needs little memory beside its file. */
const rowsAtOnce = 20_000;

/** All rows of a result, in the order shown, as a download. */
export async function saveResult(result: QueryResult, sortBy: SortBy | null, format: FileFormat): Promise<void> {
  const name = `taphouse-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.${format}`;
  if (format === 'parquet') {
    const bytes = await result.parquet(sortBy);
    return saveFile(name, 'application/vnd.apache.parquet', new Uint8Array(bytes));
  }
  if (format === 'csv') return saveFile(name, 'text/csv;charset=utf-8', new Blob(await csvParts(result, sortBy)));
  return saveFile(name, 'application/json', new Blob(await jsonParts(result, sortBy)));
}

/** A result's columns as the text formats need them. */
export function formatColumns(result: QueryResult): FormatColumn[] {
  return result.columns.map(({ name, kind }) => ({ name, numeric: kind === 'number' }));
}

async function csvParts(result: QueryResult, sortBy: SortBy | null): Promise<string[]> {
  const columns = formatColumns(result);
  // A name is text, also above numbers.
  const names = columns.map(({ name }) => ({ name, numeric: false }));
  const parts = [csvLines(names, headerRow(columns))];
  for (let from = 0; from < result.rowCount; from += rowsAtOnce) {
    parts.push(csvLines(columns, await result.page(from, from + rowsAtOnce, sortBy)));
  }
  return parts;
}

async function jsonParts(result: QueryResult, sortBy: SortBy | null): Promise<string[]> {
  const parts = ['['];
  for (let from = 0; from < result.rowCount; from += rowsAtOnce) {
    const rows = await result.objects(from, from + rowsAtOnce, sortBy);
    parts.push(rows.map((row, index) => `${from + index > 0 ? ',' : ''}\n  ${jsonText(row)}`).join(''));
  }
  parts.push('\n]\n');
  return parts;
}
