import { type Manifest, type TableName, tables } from '@taphouse/schema';

import { ConnectError } from './query-error.ts';

/** Reads `<lake>/<table>/manifest.json`; null where the table has no manifest yet. */
export async function readManifest(lake: string, table: TableName): Promise<Manifest | null> {
  const url = `${lake}${table}/manifest.json`;
  const answer = await fetch(url, { cache: 'no-store' }).catch((cause: unknown) => {
    throw new ConnectError(`lake at ${url}: no answer; check that the server runs`, { cause });
  });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new ConnectError(`lake at ${url}: answered ${answer.status}; expected the table's manifest`);
  const manifest = (await answer.json()) as Manifest;
  if (manifest.format !== 1) {
    throw new ConnectError(`lake at ${url}: format ${String(manifest.format)}; this reader knows 1, so update it`);
  }
  return manifest;
}

/** The name under which DuckDB knows a file of the lake. */
export function fileName(table: TableName, path: string): string {
  return `${table}/${path}`;
}

/** The view of a table over all its live files. */
export function tableView(table: TableName, paths: readonly string[]): string {
  return `CREATE OR REPLACE VIEW ${table} AS ${tableQuery(table, paths)}`;
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
