import { rm } from 'node:fs/promises';

import type { ManifestFile, TableName } from '@taphouse/schema';
import { duckdbViews } from '@taphouse/sessions/sql';

import { dayMs, fileKey, filesByDay } from './day-files.ts';
import { joinParquet } from './join-parquet.ts';
import { sortOrder } from './parquet-writer.ts';
import { maxSmallFiles, rollPlan } from './roll-plan.ts';
import {
  type LocalParquet,
  type Room,
  columnNames,
  copyOut,
  exchangeFiles,
  freshPath,
  inTime,
  largestStep,
  manifestOf,
  orderOf,
  storeFiles,
  tableNames,
  withFiles,
} from './room.ts';

/** What sealing did, both tables together. */
export interface CompactReport {
  /** Days sealed. */
  days: number;
  filesBefore: number;
  filesAfter: number;
  rowsBefore: number;
  rowsAfter: number;
}

const key = 'user_id, device_id, timeagg';

/** Sessions of which there are several rows, parts or copies; few. */
const parted = `CREATE OR REPLACE TEMP TABLE parted AS
  SELECT ${key}, min(row_id) AS first_id, max(row_id) AS last_id FROM aggregated GROUP BY ${key} HAVING count(*) > 1`;

/**
 * Each session once. A row that is alone keeps its row_id, so that a copy that comes after the sealing is still known as one.
 * A row merged of parts is none of them: its id is made of its content.
 */
const wholeSessions = `(
  SELECT * FROM aggregated ANTI JOIN parted USING (${key})
  UNION ALL BY NAME
  SELECT sessions.*, CASE WHEN first_id = last_id THEN first_id
    ELSE 'sealed/' || md5(concat_ws('|', user_id, device_id, epoch_ms(timeagg), events, begin_event_id, end_event_id)) END AS row_id
  FROM sessions JOIN parted USING (${key}))`;

/**
 * Keeps the files of each day few: small ones of days under way are rolled into larger ones, and days that
 * ended before `sealBefore` are sealed, again only when a quarter of their rows came late.
 */
export async function tidy(room: Room, sealBefore: number): Promise<void> {
  for (const table of tableNames) {
    for (const [dayAt, files] of filesByDay((await manifestOf(room, table)).files)) {
      const small = files.filter((file) => !file.sealed);
      if (small.length === 0) continue;
      const settled = dayAt + dayMs <= sealBefore;
      if (settled && isWorthSealing(files, small)) await seal(room, table, files);
      else await roll(room, table, rollPlan(files));
    }
  }
}

/** A few late rows do not pay for writing their whole day again. */
function isWorthSealing(files: readonly ManifestFile[], unsealed: readonly ManifestFile[]): boolean {
  if (unsealed.length === files.length) return true;
  return unsealed.length > maxSmallFiles && sumRows(unsealed) * 4 > sumRows(files);
}

/** Seals each day that ended before `before` and is not sealed yet. */
export async function sealDays(room: Room, before: number): Promise<CompactReport> {
  const report: CompactReport = { days: 0, filesBefore: 0, filesAfter: 0, rowsBefore: 0, rowsAfter: 0 };
  for (const table of tableNames) {
    for (const [dayAt, files] of filesByDay((await manifestOf(room, table)).files)) {
      if (dayAt + dayMs > before || files.every((file) => file.sealed)) continue;
      const sealed = await seal(room, table, files);
      if (!sealed) continue;
      report.days += 1;
      report.filesBefore += files.length;
      report.filesAfter += sealed.length;
      report.rowsBefore += sumRows(files);
      report.rowsAfter += sumRows(sealed);
    }
  }
  return report;
}

/** One day's files become sealed ones; undefined if another writer changed the day meanwhile. */
async function seal(room: Room, table: TableName, files: readonly ManifestFile[]): Promise<ManifestFile[] | undefined> {
  const written = await withFiles(room, { [table]: files }, async () => {
    const source = await mergedRows(room, table);
    return copyOut(room, table, `SELECT ${columnNames(table)} FROM ${source} ORDER BY ${sortOrder[table]}`);
  });
  return exchange(room, table, files, written, { sealed: true });
}

async function roll(room: Room, table: TableName, files: readonly ManifestFile[]): Promise<void> {
  if (files.length === 0) return;
  const sorted = inTime(files);
  const order = orderOf(table, sorted);
  const written =
    (order === '' ? await joined(room, table, sorted) : undefined) ??
    (await withFiles(room, { [table]: sorted }, () =>
      copyOut(room, table, `SELECT ${columnNames(table)} FROM ${table} ${order}`),
    ));
  await exchange(room, table, files, written, { sealed: false });
}

/** Files that lie one behind the other, as one, without a look at their rows; undefined where that would not do. */
async function joined(
  room: Room,
  table: TableName,
  files: readonly ManifestFile[],
): Promise<LocalParquet[] | undefined> {
  const opened = await Promise.all(files.map(({ path }) => room.store.openFile(fileKey(table, path))));
  const path = freshPath(room);
  try {
    const isJoined = await joinParquet(
      opened.map((file) => file.path),
      path,
    );
    if (!isJoined) return undefined;
    const minAt = Math.min(...files.map((file) => file.minAt));
    const maxAt = Math.max(...files.map((file) => file.maxAt));
    return [{ path, rows: sumRows(files), minAt, maxAt }];
  } catch (error) {
    // A full disk must not be filled further by what a failed try left.
    await rm(path, { force: true });
    throw error;
  } finally {
    await Promise.all(opened.map((file) => file.release()));
  }
}

/** Puts what was written of these files in their place; undefined if another writer changed the day meanwhile. */
async function exchange(
  room: Room,
  table: TableName,
  files: readonly ManifestFile[],
  written: readonly LocalParquet[],
  { sealed }: { sealed: boolean },
): Promise<ManifestFile[] | undefined> {
  const name = sealed ? 'sealed' : 'rolled';
  const added = await storeFiles(room, table, written, { name, sealed, ...largestStep(files) });
  const removed = files.map(({ path }) => path);
  return (await exchangeFiles(room, table, removed, added)) ? added : undefined;
}

/** A relation that has each event, or each session, of the files shown once. */
async function mergedRows(room: Room, table: TableName): Promise<string> {
  if (table === 'aggregated') await room.db.run(parted);
  const ofParts = `(SELECT * FROM aggregated SEMI JOIN parted USING (${key}))`;
  for (const view of duckdbViews(table === 'aggregated' ? { aggregated: ofParts } : {})) await room.db.run(view);
  return table === 'aggregated' ? wholeSessions : 'events';
}

function sumRows(files: readonly ManifestFile[]): number {
  return files.reduce((rows, file) => rows + file.rows, 0);
}
