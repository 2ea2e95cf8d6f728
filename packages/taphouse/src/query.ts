import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { type ChunkedResult, openQuery } from '@taphouse/lake/files';

import { lakeFolderOf, UsageError } from './config.ts';

type Texts = AsyncIterable<string>;

/** How the rows of a query are written, bit by bit, so that it does not matter how many there are. */
const formats: Record<string, (result: ChunkedResult) => Texts> = { table: asTable, json: asJson, csv: asCsv };

/** `taphouse query`: runs `sql` on the lake under `dataFolder` and prints the rows. */
export async function runQuery(dataFolder: string, sql: string | undefined, format = 'table'): Promise<void> {
  const print = formats[format];
  if (!print) throw new UsageError(`--format: ${format} is not one of ${Object.keys(formats).join(', ')}`);
  if (!sql) throw new UsageError('query: no SQL given; try taphouse query "SELECT * FROM sessions LIMIT 10"');
  const lake = await openQuery({ folder: lakeFolderOf(dataFolder) });
  try {
    const result = await lake.queryChunks(sql);
    await pipeline(Readable.from(print(result)), process.stdout, { end: false });
  } catch (error) {
    // Whoever reads has enough, as in `taphouse query ... | head`.
    if (!isBrokenPipe(error)) throw error;
  } finally {
    await lake.close();
  }
}

const endings = { csv: 'csv', json: 'json', parquet: 'parquet' } as const;

/** `taphouse export`: writes the rows of a query to a file, whose ending tells the format. */
export async function runExport(
  dataFolder: string,
  path: string | undefined,
  sql = 'SELECT * FROM sessions ORDER BY timeagg',
): Promise<void> {
  const ending = path?.split('.').at(-1) ?? '';
  if (!path || !(ending in endings))
    throw new UsageError(
      `export: ${path ?? 'no file'} does not end in .csv, .json or .parquet; try taphouse export sessions.csv`,
    );
  const lake = await openQuery({ folder: lakeFolderOf(dataFolder) });
  try {
    const { rows } = await lake.exportTo(path, { sql, format: endings[ending as keyof typeof endings] });
    console.log(`Wrote ${rows} rows to ${path}.`);
  } finally {
    await lake.close();
  }
}

/** Columns as wide as the first chunk needs. */
async function* asTable({ columns, chunks }: ChunkedResult): Texts {
  let widths: readonly number[] | undefined;
  let count = 0;
  for await (const rows of chunks) {
    const cells = rows.map((row) => columns.map((name) => text(row[name])));
    if (!widths) {
      widths = widthsOf([columns, ...cells]);
      yield tableHead(columns, widths);
    }
    yield tableLines(cells, widths);
    count += rows.length;
  }
  if (!widths) yield tableHead(columns, widthsOf([columns]));
  yield `(${count} ${count === 1 ? 'row' : 'rows'})\n`;
}

function widthsOf(lines: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const line of lines)
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return widths;
}

function tableHead(columns: readonly string[], widths: readonly number[]): string {
  return tableLines([columns, widths.map((width) => '-'.repeat(width))], widths);
}

function tableLines(lines: readonly (readonly string[])[], widths: readonly number[]): string {
  const padded = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return padded.map((line) => `${line.trimEnd()}\n`).join('');
}

async function* asJson({ chunks }: ChunkedResult): Texts {
  let before = '[';
  for await (const rows of chunks) {
    const texts = rows.map((row) => `\n  ${JSON.stringify(row, plain, 2).replaceAll('\n', '\n  ')}`);
    yield before + texts.join(',');
    before = ',';
  }
  yield before === '[' ? '[]\n' : '\n]\n';
}

async function* asCsv({ columns, chunks }: ChunkedResult): Texts {
  yield csvLines([columns]);
  for await (const rows of chunks) yield csvLines(rows.map((row) => columns.map((name) => text(row[name]))));
}

function csvLines(lines: readonly (readonly string[])[]): string {
  return lines.map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value, plain);
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
