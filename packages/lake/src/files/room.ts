import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { type Manifest, type ManifestFile, type TableName, tables } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';

import { type ManifestChange, changeManifest, readManifest } from '../manifest-protocol.ts';
import { createView, quoteText } from '../sql/table-ddl.ts';
import type { Database } from './database.ts';
import { fileKey, filePath } from './day-files.ts';
import type { FileStore } from './file-store.ts';
import { parquetOptions, sortOrder, timeColumn } from './parquet-writer.ts';
import { maxFileBytes } from './roll-plan.ts';

export const tableNames = ['rawdata', 'aggregated'] as const;

/** How long files that are no longer live stay for readers of an older manifest, milliseconds. */
export const graceMs = 5 * 60_000;

/** What all work on a lake shares: its store, a database, a work folder, a clock. */
export interface Room {
  readonly store: FileStore;
  /** For reading and rewriting files; one task at a time. */
  readonly db: Database;
  readonly workFolder: string;
  readonly now: () => number;
  readonly onCommit?: ((table: TableName, manifest: Manifest) => void) | undefined;
}

/** A Parquet file in the work folder, and what a manifest will say of it. */
export interface LocalParquet {
  path: string;
  rows: number;
  minAt: number;
  maxAt: number;
}

/** The manifest of a table as it is now. */
export async function manifestOf(room: Pick<Room, 'store'>, table: TableName): Promise<Manifest> {
  return (await readManifest(room.store, table)).manifest;
}

/** A path in the work folder that nothing has used. The folder is made again where someone took it away. */
export function freshPath(room: Pick<Room, 'workFolder'>): string {
  mkdirSync(room.workFolder, { recursive: true });
  return join(room.workFolder, `${randomUUID()}.parquet`);
}

/** Changes a manifest, clears away files past their grace, and tells the listener. */
export async function changeTable(
  room: Omit<Room, 'db'>,
  table: TableName,
  change: (manifest: Manifest) => ManifestChange | undefined | Promise<ManifestChange | undefined>,
): Promise<Manifest> {
  let changed = false;
  const manifest = await changeManifest(room.store, table, room.now(), async (current) => {
    const wanted = await change(current);
    changed = wanted !== undefined;
    if (!wanted) return undefined;
    const forgotten = await clearRemoved(room, current, wanted.added ?? []);
    return { ...wanted, forgotten: [...forgotten, ...(wanted.forgotten ?? [])] };
  });
  if (changed) room.onCommit?.(table, manifest);
  return manifest;
}

/**
 * Deletes files past their grace. Deleted first, then dropped from the manifest, so none is left behind. What is being
 * added stays: the same events imported again are a file of the same name.
 */
async function clearRemoved(
  room: Omit<Room, 'db'>,
  { table, removed }: Manifest,
  added: readonly ManifestFile[],
): Promise<string[]> {
  const coming = new Set(added.map(({ path }) => path));
  const past = removed.filter(({ removedAt }) => removedAt <= room.now() - graceMs).map(({ path }) => path);
  const gone = past.filter((path) => !coming.has(path));
  if (gone.length > 0) await room.store.delete(gone.map((path) => fileKey(table, path)));
  return gone;
}

/**
 * Shows the database these files as `rawdata` and `aggregated` while `task` runs.
 *
 * @param views true for the views of sessions over them too; making one opens each file
 */
export async function withFiles<T>(
  room: Room,
  live: Partial<Record<TableName, readonly Pick<ManifestFile, 'path'>[]>>,
  task: () => Promise<T>,
  { views = false } = {},
): Promise<T> {
  const opened = await Promise.all(
    tableNames.map(async (table) => {
      const files = await Promise.all((live[table] ?? []).map(({ path }) => room.store.openFile(fileKey(table, path))));
      return { table, files };
    }),
  );
  try {
    for (const { table, files } of opened) {
      await room.db.run(
        createView(
          table,
          files.map((file) => file.path),
        ),
      );
    }
    if (views) for (const view of duckdbViews()) await room.db.run(view);
    return await task();
  } finally {
    await Promise.all(opened.flatMap(({ files }) => files.map((file) => file.release())));
  }
}

/**
 * Writes the result of a query, which has a table's columns and is sorted, to one or more files in the work folder. DuckDB cuts
 * at the first row group past `maxFileBytes`.
 */
export async function copyOut(room: Room, table: TableName, query: string): Promise<LocalParquet[]> {
  const folder = join(room.workFolder, randomUUID());
  await mkdir(folder, { recursive: true });
  try {
    await room.db.run(`COPY (${query}) TO ${quoteText(folder)} (${parquetOptions}, FILE_SIZE_BYTES ${maxFileBytes})`);
    const written: LocalParquet[] = [];
    for (const name of await readdir(folder)) {
      const facts = await describe(room.db, table, join(folder, name));
      if (facts.rows === 0) continue;
      const path = freshPath(room);
      await rename(join(folder, name), path);
      written.push({ path, ...facts });
    }
    return written.toSorted((a, b) => a.minAt - b.minAt || a.maxAt - b.maxAt);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function describe(db: Database, table: TableName, path: string): Promise<Omit<LocalParquet, 'path'>> {
  const time = timeColumn[table];
  const [row] = await db.rows(
    `SELECT count(*) AS rows, epoch_ms(min(${time})) AS first, epoch_ms(max(${time})) AS last FROM ${quoteText(path)}`,
  );
  return { rows: Number(row?.rows), minAt: Number(row?.first), maxAt: Number(row?.last) };
}

/** Stores files of one day under fresh names that begin with `name`. They are not live before a manifest says so. */
export async function storeFiles(
  room: Pick<Room, 'store'>,
  table: TableName,
  files: readonly LocalParquet[],
  facts: Pick<ManifestFile, 'sealed' | 'stepMs'> & { name: string },
): Promise<ManifestFile[]> {
  const { name, ...rest } = facts;
  const stored: ManifestFile[] = [];
  for (const { path: local, rows, minAt, maxAt } of files) {
    const path = filePath(minAt, `${name}-${randomUUID().slice(0, 13)}`);
    const bytes = await room.store.putFile(fileKey(table, path), local);
    stored.push({ path, bytes, rows, minAt, maxAt, ...rest });
  }
  return stored;
}

/**
 * Puts files in the place of others, in one version, if all of those are still live.
 *
 * @param atOnce true to delete the others now, without their grace
 * @param holds asked before it is done: false if what the added files were made of is so no more
 * @returns false if another writer took one of them away; then nothing has changed
 */
export async function exchangeFiles(
  room: Room,
  table: TableName,
  removed: readonly string[],
  added: readonly ManifestFile[],
  { atOnce = false, holds = async (): Promise<boolean> => true } = {},
): Promise<boolean> {
  let applied = false;
  await changeTable(room, table, async ({ files }) => {
    const live = new Set(files.map(({ path }) => path));
    // A store may have taken our change, and its answer been lost on the way: then it was tried again, and is there.
    applied = added.length > 0 && added.every(({ path }) => live.has(path));
    if (applied) return undefined;
    applied = removed.every((path) => live.has(path)) && (await holds());
    return applied ? { added, removed, ...(atOnce ? { forgotten: removed } : {}) } : undefined;
  });
  const unwanted = applied ? (atOnce ? removed : []) : added.map(({ path }) => path);
  await room.store.delete(unwanted.map((path) => fileKey(table, path)));
  return applied;
}

/** Files by their time. */
export function inTime(files: readonly ManifestFile[]): ManifestFile[] {
  return files.toSorted((a, b) => a.minAt - b.minAt || a.maxAt - b.maxAt);
}

/**
 * ORDER BY for reading these files into one, or nothing where they lie one behind the other as `inTime` gave them:
 * each is sorted, so that 0.9 us of processor time a row do in the place of 1.4. Events of one millisecond may be in any order.
 */
export function orderOf(table: TableName, files: readonly ManifestFile[]): string {
  const sorted = files.every((file, index) => {
    const before = files[index - 1]?.maxAt ?? -Infinity;
    return before < file.minAt || (table === 'rawdata' && before === file.minAt);
  });
  return sorted ? '' : `ORDER BY ${sortOrder[table]}`;
}

/** The largest step of the windows in these files. */
export function largestStep(files: readonly ManifestFile[]): Pick<ManifestFile, 'stepMs'> {
  const steps = files.flatMap(({ stepMs }) => (stepMs === undefined ? [] : [stepMs]));
  return steps.length > 0 ? { stepMs: Math.max(...steps) } : {};
}

/** The columns of a table, in order, as SQL. */
export function columnNames(table: TableName): string {
  return tables[table].map(({ name }) => name).join(', ');
}
