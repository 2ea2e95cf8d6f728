import { randomUUID } from 'node:crypto';

import type { ManifestFile, TableName } from '@taphouse/schema';

import { quoteText, readFiles } from '../sql/table-ddl.ts';
import { fileKey, filesByDay } from './day-files.ts';
import { type EraseFromLettersReport, eraseFromLetters } from './erase-from-letters.ts';
import { rememberErased } from './erased-users.ts';
import {
  type Room,
  changeTable,
  columnNames,
  copyOut,
  exchangeFiles,
  inTime,
  largestStep,
  manifestOf,
  orderOf,
  storeFiles,
  tableNames,
} from './room.ts';

export interface EraseOptions {
  userIds: readonly string[];
  /** Folder of dead letters, JSON lines, to erase from too. */
  deadLettersFolder?: string;
  /** True to refuse later events of these users for good. Default false: what they do from 10 minutes on is taken. */
  refuseLater?: boolean;
}

/** What erasing did, and the proof that nothing is left. */
export interface EraseReport {
  /** Files rewritten without the users, or dropped. */
  files: number;
  /** Rows of `rawdata` and `aggregated` removed. */
  rows: number;
  /** Dead letters removed. */
  deadLetters: number;
  /** A scan of every file in the store and every dead letter after the work: it found no row of the users. */
  proof: { filesScanned: number; lettersScanned: number; found: 0 };
}

/** Rows of an erased user were still found, as another process kept writing them. */
export class EraseError extends Error {
  override readonly name = 'EraseError';
}

const journals = 'erasing/';
/** Where versions before had the one that there could be. */
const oldJournal = 'erasing.json';
const maxPasses = 10;
/** How many batches are switched together: few versions of the manifest, and little to do again after a conflict. */
const batchesAtOnce = 16;
/** While some wait for the disk, others compute; on all cores, for DuckDB shares them out. */
const rewritesAtOnce = 4;
const maxBytesTogether = 192 * 1024 * 1024;

/**
 * Removes all rows of some users: remembers them as erased, rewrites the files that hold them under new names, switches
 * the manifest some days at a time, deletes the old files at once, and then scans everything for proof.
 * A process that dies on the way leaves a journal, from which the next one goes on.
 */
export async function eraseUsers(
  room: Room,
  options: EraseOptions,
  { erasedAt = room.now(), journal = `${journals}${randomUUID()}.json` } = {},
): Promise<EraseReport> {
  const { userIds, deadLettersFolder, refuseLater = false } = options;
  if (userIds.length === 0) throw new RangeError('erase: no user id given');
  await room.store.put(journal, new TextEncoder().encode(JSON.stringify({ options, erasedAt })));
  await rememberErased(room.store, userIds, { erasedAt, refused: refuseLater });
  // A new version of each manifest: a commit that looked at the erased users before fails on the old one and looks again.
  for (const table of tableNames) await changeTable(room, table, () => ({}));
  const report = { files: 0, rows: 0, filesScanned: 0 };
  for (const table of tableNames) await eraseFromTable(room, table, userIds, report);
  const letters: EraseFromLettersReport = deadLettersFolder
    ? await eraseFromLetters(deadLettersFolder, userIds)
    : { removed: 0, scanned: 0 };
  await room.store.delete([journal]);
  return {
    files: report.files,
    rows: report.rows,
    deadLetters: letters.removed,
    proof: { filesScanned: report.filesScanned, lettersScanned: letters.scanned, found: 0 },
  };
}

/** What processes that died left to erase. */
export async function unfinishedErases({ store }: Pick<Room, 'store'>): Promise<UnfinishedErase[]> {
  const keys = (await store.list(journals)).map(({ key }) => key);
  const left: UnfinishedErase[] = [];
  for (const journal of [oldJournal, ...keys]) {
    const found = await store.get(journal);
    const said = found && (JSON.parse(new TextDecoder().decode(found.body)) as Omit<UnfinishedErase, 'journal'>);
    if (said) left.push({ ...said, journal });
  }
  return left;
}

/** A journal, each erasure its own. It names the users in full, and goes when the work is done. */
export interface UnfinishedErase {
  options: EraseOptions;
  /** Milliseconds since 1970 UTC. */
  erasedAt: number;
  /** Its key. */
  journal: string;
}

async function eraseFromTable(
  room: Room,
  table: TableName,
  userIds: readonly string[],
  report: { files: number; rows: number; filesScanned: number },
): Promise<void> {
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const before = await manifestOf(room, table);
    const { holding, scanned } = await findHolding(room, table, userIds);
    const { version, files } = await manifestOf(room, table);
    if (holding.size === 0 && version === before.version) {
      report.filesScanned += scanned;
      return;
    }
    const live = files.filter(({ path }) => holding.has(path));
    const batches = [...filesByDay(live).values()].flatMap(inBatches);
    for (let start = 0; start < batches.length; start += batchesAtOnce) {
      const some = batches.slice(start, start + batchesAtOnce);
      if (!(await rewriteWithout(room, table, some, userIds))) continue;
      report.files += some.flat().length;
      for (const { path } of some.flat()) report.rows += holding.get(path) ?? 0;
    }
    await deleteDead(room, table, [...holding.keys()]);
  }
  throw new EraseError(`erase: ${table} was still changed by another process after ${maxPasses} passes; run it again`);
}

/** Paths of all files in the store, live or not, that hold rows of the users, with how many. */
async function findHolding(
  room: Room,
  table: TableName,
  userIds: readonly string[],
): Promise<{ holding: Map<string, number>; scanned: number }> {
  const keys = await parquetKeys(room, table);
  const holding = new Map<string, number>();
  let scanned = 0;
  for (let start = 0; start < keys.length; start += 500) {
    const found = await countRows(room, table, keys.slice(start, start + 500), userIds);
    scanned += found.scanned;
    for (const [key, rows] of found.rows) holding.set(key.slice(`${table}/`.length), rows);
  }
  return { holding, scanned };
}

async function parquetKeys(room: Room, table: TableName): Promise<string[]> {
  return (await room.store.list(`${table}/`)).map(({ key }) => key).filter((key) => key.endsWith('.parquet'));
}

/** Rows of the users in each file that has any. A file that another process deletes meanwhile holds none. */
async function countRows(
  room: Room,
  table: TableName,
  keys: readonly string[],
  userIds: readonly string[],
): Promise<{ rows: [key: string, rows: number][]; scanned: number }> {
  if (keys.length === 0) return { rows: [], scanned: 0 };
  try {
    return { rows: await readRows(room, keys, userIds), scanned: keys.length };
  } catch (error) {
    const present = new Set(await parquetKeys(room, table));
    const left = keys.filter((key) => present.has(key));
    if (left.length === keys.length) throw error;
    return countRows(room, table, left, userIds);
  }
}

async function readRows(room: Room, keys: readonly string[], userIds: readonly string[]): Promise<[string, number][]> {
  const opened = await Promise.all(keys.map(async (key) => ({ key, file: await room.store.openFile(key) })));
  try {
    const keyOf = new Map(opened.map(({ key, file }) => [file.path, key]));
    const found = await room.db.rows(
      `SELECT filename, count(*) AS rows
       FROM read_parquet([${[...keyOf.keys()].map(quoteText).join(', ')}], hive_partitioning = false, filename = true)
       WHERE user_id IN (${userIds.map(quoteText).join(', ')}) GROUP BY filename`,
    );
    return found.flatMap(({ filename, rows }) => {
      const key = keyOf.get(String(filename));
      return key ? [[key, Number(rows)]] : [];
    });
  } finally {
    await Promise.all(opened.map(({ file }) => file.release()));
  }
}

/** Rewrites batches of files, each of one day, some beside each other, and switches them in one version of the manifest. */
async function rewriteWithout(
  room: Room,
  table: TableName,
  batches: readonly ManifestFile[][],
  userIds: readonly string[],
): Promise<boolean> {
  const added: ManifestFile[] = [];
  const left = [...batches];
  const work = async (): Promise<void> => {
    const db = await room.db.fork();
    try {
      for (let files = left.pop(); files; files = left.pop())
        added.push(...(await rewriteBatch({ ...room, db }, table, inTime(files), userIds)));
    } finally {
      db.close();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: rewritesAtOnce }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const removed = batches.flat().map(({ path }) => path);
  return exchangeFiles(room, table, removed, added, { atOnce: true });
}

async function rewriteBatch(
  room: Room,
  table: TableName,
  files: readonly ManifestFile[],
  userIds: readonly string[],
): Promise<ManifestFile[]> {
  const opened = await Promise.all(files.map(({ path }) => room.store.openFile(fileKey(table, path))));
  try {
    const source = readFiles(opened.map(({ path }) => path));
    const erased = userIds.map(quoteText).join(', ');
    const query = `SELECT ${columnNames(table)} FROM ${source} WHERE user_id NOT IN (${erased}) ${orderOf(table, files)}`;
    const kept = await copyOut(room, table, query);
    const sealed = files.every((file) => file.sealed);
    return await storeFiles(room, table, kept, { name: 'erased', sealed, ...largestStep(files) });
  } finally {
    await Promise.all(opened.map((file) => file.release()));
  }
}

/** Deletes files that hold the users and are not live: those in their grace, and left-overs. */
async function deleteDead(room: Room, table: TableName, paths: readonly string[]): Promise<void> {
  let dead: string[] = [];
  await changeTable(room, table, ({ files, removed }) => {
    const live = new Set(files.map(({ path }) => path));
    dead = paths.filter((path) => !live.has(path));
    const listed = removed.filter(({ path }) => dead.includes(path)).map(({ path }) => path);
    return listed.length > 0 ? { forgotten: listed } : undefined;
  });
  await room.store.delete(dead.map((path) => fileKey(table, path)));
}

/** Files in groups that are rewritten together. */
function inBatches(files: readonly ManifestFile[]): ManifestFile[][] {
  const batches: ManifestFile[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    if (bytes + file.bytes > maxBytesTogether) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(file);
    bytes += file.bytes;
  }
  return batches;
}
