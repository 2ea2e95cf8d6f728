import { openQuery } from '@taphouse/lake/files';

import { lakeFolderOf, UsageError } from './config.ts';

type Row = Record<string, unknown>;

const formats: Record<string, (columns: readonly string[], rows: readonly Row[]) => string> = {
  table: asTable,
  json: (_columns, rows) => JSON.stringify(rows, plain, 2),
  csv: (columns, rows) =>
    [columns, ...rows.map((row) => columns.map((name) => text(row[name])))]
      .map((cells) => cells.map(quoted).join(','))
      .join('\n'),
};

/** `taphouse query`: runs `sql` on the lake under `dataFolder` and prints the rows. */
export async function runQuery(dataFolder: string, sql: string | undefined, format = 'table'): Promise<void> {
  const print = formats[format];
  if (!print) throw new UsageError(`--format: ${format} is not one of ${Object.keys(formats).join(', ')}`);
  if (!sql) throw new UsageError('query: no SQL given; try taphouse query "SELECT * FROM sessions LIMIT 10"');
  const lake = await openQuery({ folder: lakeFolderOf(dataFolder) });
  try {
    const { columns, rows } = await lake.query(sql);
    console.log(print(columns, rows));
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

function asTable(columns: readonly string[], rows: readonly Row[]): string {
  const cells = [columns.map(String), ...rows.map((row) => columns.map((name) => text(row[name])))];
  const widths = columns.map((_name, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return [...lines, `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`].join('\n');
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
