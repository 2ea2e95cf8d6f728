import { quoteText } from '../sql/table-ddl.ts';
import { fileKey } from './day-files.ts';
import { type Room, manifestOf, tableNames } from './room.ts';

/** Whether a lake holds what its manifests say. */
export interface VerifyReport {
  /** Live files looked at. */
  files: number;
  bytes: number;
  rows: number;
  /** Files that nothing refers to; those of a day or older go when the lake is next opened. */
  orphans: number;
  /** What is wrong, a line each; none is well. */
  faults: string[];
}

/** Looks for each live file, and at its footer; reads no rows. */
export async function verifyLake(room: Room): Promise<VerifyReport> {
  const report: VerifyReport = { files: 0, bytes: 0, rows: 0, orphans: 0, faults: [] };
  for (const table of tableNames) {
    // The listing first: what is committed after it is not looked for in it.
    const before = await manifestOf(room, table);
    const listed = new Map((await room.store.list(`${table}/`)).map(({ key, bytes }) => [key, bytes]));
    const { files, removed } = await manifestOf(room, table);
    const known = new Set([...before.files, ...files, ...removed].map(({ path }) => fileKey(table, path)));
    for (const key of listed.keys()) if (key.endsWith('.parquet') && !known.has(key)) report.orphans += 1;
    const lasting = new Set(before.files.map(({ path }) => path));
    for (const file of files.filter(({ path }) => lasting.has(path))) {
      report.files += 1;
      report.bytes += file.bytes;
      report.rows += file.rows;
      const key = fileKey(table, file.path);
      const bytes = listed.get(key);
      if (bytes === undefined) report.faults.push(`${key}: missing; bring it back from a copy, or rebuild the day`);
      else if (bytes !== file.bytes) report.faults.push(`${key}: ${bytes} bytes, the manifest says ${file.bytes}`);
      else report.faults.push(...(await footerFaults(room, key, file.rows)));
    }
  }
  return report;
}

async function footerFaults(room: Room, key: string, rows: number): Promise<string[]> {
  const local = await room.store.openFile(key);
  try {
    const [footer] = await room.db.rows(`SELECT num_rows AS rows FROM parquet_file_metadata(${quoteText(local.path)})`);
    return Number(footer?.rows) === rows ? [] : [`${key}: ${String(footer?.rows)} rows, the manifest says ${rows}`];
  } catch (error) {
    return [
      `${key}: not readable as Parquet, ${error instanceof Error ? error.message.split('\n')[0] : 'unknown fault'}`,
    ];
  } finally {
    await local.release();
  }
}
