import { type Column, type TableName, tables } from '@taphouse/schema';

/** `CREATE TABLE` of a lake table, for DuckDB; the columns are those of `tables`. */
export function createTable(table: TableName): string {
  return `CREATE TABLE ${table} (${tables[table].map(({ name, type }) => `${name} ${type}`).join(', ')})`;
}

/**
 * `CREATE OR REPLACE VIEW` of a lake table over its live files, copies included, for DuckDB.
 * Without files it has its columns and no row. A column that an older file lacks is NULL.
 *
 * @param paths where DuckDB finds the files
 */
export function createView(table: TableName, paths: readonly string[]): string {
  const columns = tables[table];
  if (paths.length === 0) {
    const empty = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${name}`);
    return `CREATE OR REPLACE VIEW ${table} AS SELECT ${empty.join(', ')} WHERE false`;
  }
  return `CREATE OR REPLACE VIEW ${table} AS SELECT ${columnNames(columns)} FROM ${readFiles(paths)}`;
}

/** `read_parquet([...])` over these files, without columns from folder names. */
export function readFiles(paths: readonly string[]): string {
  return `read_parquet([${paths.map(quoteText).join(', ')}], hive_partitioning = false)`;
}

/** A text literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function columnNames(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}
