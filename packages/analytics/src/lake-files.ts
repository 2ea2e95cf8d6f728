import { type Manifest, type ManifestFile, type TableName, tables } from '@taphouse/schema';

/** The name under which DuckDB knows a file of the lake. */
export function fileName(table: TableName, path: string): string {
  return `${table}/${path}`;
}

/** The live files of a table that may hold rows of a time: `fromAt` inclusive, `toAt` exclusive. */
export function filesOf(manifest: Manifest | null, range: { fromAt: number; toAt: number }): ManifestFile[] {
  return (manifest?.files ?? []).filter((file) => file.maxAt >= range.fromAt && file.minAt < range.toAt);
}

/**
 * The rows of a table in these files: one an event, or one a closed window, copies included.
 * Without files it has its columns and no row.
 */
export function tableQuery(table: TableName, paths: readonly string[]): string {
  const columns = tables[table];
  if (paths.length === 0) {
    const empty = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${name}`);
    return `SELECT ${empty.join(', ')} WHERE false`;
  }
  const files = paths.map((path) => `'${fileName(table, path).replaceAll("'", "''")}'`).join(', ');
  const names = columns.map(({ name }) => name).join(', ');
  return `SELECT ${names} FROM read_parquet([${files}], hive_partitioning = false)`;
}
