import { join } from 'node:path';

import { openQuery } from '@taphouse/lake/files';

import { UsageError } from './config.ts';

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
  const lake = await openQuery({ folder: join(dataFolder, 'lake') });
  try {
    const { columns, rows } = await lake.query(sql);
    console.log(print(columns, rows));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
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
