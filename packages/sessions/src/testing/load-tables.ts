import { type ClickEvent, type SessionRow, type TableName, tables } from '@taphouse/schema';

/** Statements that make the two tables and fill them; what is not given is empty. */
export function loadTables(rawdata: readonly ClickEvent[], aggregated: readonly SessionRow[] = []): string[] {
  return [...loadTable('rawdata', rawdata), ...loadTable('aggregated', aggregated)];
}

function loadTable(name: TableName, rows: readonly object[]): string[] {
  const columns = tables[name].map((column) => `${column.name} ${column.type}`).join(', ');
  const statements = [`CREATE OR REPLACE TABLE ${name} (${columns})`];
  // DuckDB-WASM's parser runs out of stack at a few hundred rows.
  for (let i = 0; i < rows.length; i += 50) {
    const values = rows.slice(i, i + 50).map((row) => tuple(name, row as Record<string, unknown>));
    statements.push(`INSERT INTO ${name} VALUES ${values.join(', ')}`);
  }
  return statements;
}

function tuple(name: TableName, row: Record<string, unknown>): string {
  return `(${tables[name].map((column) => literal(column.type, row[column.name])).join(', ')})`;
}

function literal(type: string, value: unknown): string {
  if (value === null || value === undefined || type.startsWith('MAP')) return 'NULL';
  if (type === 'TIMESTAMP') return `epoch_ms(${Number(value)}::BIGINT)`;
  return typeof value === 'number' ? String(value) : `'${(value as string).replaceAll("'", "''")}'`;
}
