import type { ManifestFile, TableName } from '@taphouse/schema';

import { readFiles } from '../sql/table-ddl.ts';
import { fileKey } from './day-files.ts';
import { sortOrder } from './parquet-writer.ts';
import { type Room, changeTable, copyOut, manifestOf, storeFiles, tableNames } from './room.ts';

/** How the files of one format become files of the next. */
export interface TableUpgrade {
  /** The format they have. */
  from: number;
  /** Select lists that make the new columns of the old ones, as DuckDB SQL; a table not named keeps its files. */
  select: Partial<Record<TableName, string>>;
}

/**
 * Upgrades from each format to the next, oldest first; none so far. A change of `tables` in `@taphouse/schema` adds one
 * here, and a number to the format.
 */
export const tableUpgrades: readonly TableUpgrade[] = [];

/**
 * Brings a lake to the current format: each table's files are rewritten one by one and switched in one version of its
 * manifest, so that a reader sees all old or all new columns. A process of the old format then refuses the manifest.
 */
export async function upgradeTables(room: Room, upgrades = tableUpgrades): Promise<void> {
  for (const upgrade of upgrades) {
    for (const table of tableNames) {
      while (!(await upgradeTable(room, table, upgrade))) {
        // Another process committed meanwhile: its files are to be rewritten too.
      }
    }
  }
}

async function upgradeTable(room: Room, table: TableName, { from, select }: TableUpgrade): Promise<boolean> {
  const before = await manifestOf(room, table);
  if (before.format !== from) return true;
  const list = select[table];
  const added: ManifestFile[] = [];
  for (const file of list === undefined ? [] : before.files)
    added.push(...(await rewrite(room, table, file, list ?? '*')));
  const removed = list === undefined ? [] : before.files.map(({ path }) => path);
  let applied = false;
  await changeTable(room, table, (manifest) => {
    applied = manifest.version === before.version;
    return applied ? { format: from + 1, added, removed } : undefined;
  });
  if (!applied) await room.store.delete(added.map(({ path }) => fileKey(table, path)));
  return applied;
}

async function rewrite(room: Room, table: TableName, file: ManifestFile, list: string): Promise<ManifestFile[]> {
  const local = await room.store.openFile(fileKey(table, file.path));
  try {
    const query = `SELECT ${list} FROM ${readFiles([local.path])} ORDER BY ${sortOrder[table]}`;
    const { sealed, stepMs } = file;
    const facts = { name: 'upgraded', sealed, ...(stepMs === undefined ? {} : { stepMs }) };
    return await storeFiles(room, table, await copyOut(room, table, query), facts);
  } finally {
    await local.release();
  }
}
