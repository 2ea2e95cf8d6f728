import { rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

import type { ClickEvent, Manifest, ManifestFile, Mark, SessionRow, TableName } from '@taphouse/schema';
import type { Commit, Sink } from '@taphouse/sessions';

import { isAhead } from '../manifest-protocol.ts';
import { quoteText } from '../sql/table-ddl.ts';
import { type Database, openDatabase } from './database.ts';
import { dayMs, dayOf, fileKey, filePath, groupByDay } from './day-files.ts';
import { directoryStore } from './directory-store.ts';
import { type EraseOptions, type EraseReport, eraseUsers, unfinishedErases } from './erase-users.ts';
import { type ErasedUsers, readErasedUsers } from './erased-users.ts';
import type { FileStore } from './file-store.ts';
import { type ImportOptions, type ImportReport, importFiles } from './import-files.ts';
import { type CompactReport, sealDays, tidy } from './merge-files.ts';
import { parquetOptions, writeParquet } from './parquet-writer.ts';
import {
  type CheckReport,
  type DayRange,
  type ResessionizeOptions,
  type ResessionizeReport,
  checkSessions,
  resessionize,
} from './resessionize.ts';
import { type RetainOptions, type RetainReport, retainDays } from './retain-days.ts';
import { type Room, changeTable, freshPath, manifestOf, tableNames } from './room.ts';
import { upgradeTables } from './upgrade-tables.ts';
import { type VerifyReport, verifyLake } from './verify-lake.ts';
import { makeWorkFolder } from './work-folder.ts';
import { writeLines } from './write-lines.ts';

/** Files that no manifest knows are left-overs of a crash; younger ones may be a commit of another process. */
const orphanAgeMs = 24 * 3_600_000;

/** Where a lake is: a folder, or a store together with a local folder for files under way. */
export type LakePlace = { folder: string } | { store: FileStore; workFolder: string };

export type LakeOptions = LakePlace & {
  /** The clock of manifests, milliseconds since 1970 UTC. Default: the machine's. */
  now?: () => number;
  /** Told after each new version of a table's manifest made by this lake. */
  onCommit?: (table: TableName, manifest: Manifest) => void;
  /** Told when merging small files failed; it is tried again after a later commit. Default: a process warning. */
  onTrouble?: (error: Error) => void;
  /** How long after its end a day is sealed without being asked, milliseconds. Default 3,600,000. */
  sealAfterMs?: number;
  /** Memory for merging, erasing and rebuilding, bytes; beyond it they go to the disk. Default 512 MiB. */
  maxMergeBytes?: number;
};

const defaultMergeBytes = 512 * 1024 ** 2;

/** Which days `Lake.compact` takes. */
export interface CompactOptions {
  /** Days that end at or before this time, milliseconds since 1970 UTC. Default: now, so all days before today. */
  before?: number;
}

/** A lake that takes commits. */
export interface Lake extends Sink {
  /** The manifest of a table as it is now. */
  manifest(table: TableName): Promise<Manifest>;
  /**
   * Turns each day's files into sealed ones of at most about 200 MB: rows of `aggregated` merged by
   * (user_id, device_id, timeagg), copies of events dropped, sorted for pruning. Days already sealed are left alone.
   */
  compact(options?: CompactOptions): Promise<CompactReport>;
  /** Drops whole days. */
  retain(options: RetainOptions): Promise<RetainReport>;
  /**
   * Removes all rows of some users from both tables, and from a folder of dead letters, and proves it by a scan.
   * What they did up to 10 minutes from now is never written again, from wherever it comes; later events are, unless
   * `refuseLater`.
   *
   * @throws EraseError if another process kept writing such rows
   */
  erase(options: EraseOptions): Promise<EraseReport>;
  /**
   * Makes the rows of some days anew from `rawdata`, with any step, in one new manifest, while commits go on.
   *
   * @throws ResessionizeError if `rawdata` no longer has all events of the days
   * @throws RangeError if a day is no multiple of the step
   */
  resessionize(options: ResessionizeOptions): Promise<ResessionizeReport>;
  /**
   * Takes in events from JSON lines or from folders as Firehose writes them, and makes their sessions.
   * Files taken in before are left out; one that was cut off is taken again, and its events still count once.
   */
  import(options: ImportOptions): Promise<ImportReport>;
  /** Compares the rows of some days with the batch query over their events. */
  check(options: DayRange): Promise<CheckReport>;
  /** Looks whether every live file is there and whole; reads footers, no rows. */
  verify(): Promise<VerifyReport>;
  /** Who was erased, to refuse at the door what `write` would drop. */
  erasedUsers(): Promise<ErasedUsers>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/**
 * Opens a lake, and clears away what a crash may have left.
 *
 * @throws Error if the folder cannot be written
 */
export async function openLake(options: LakeOptions): Promise<Lake> {
  const place = await openPlace(options);
  const lake = new FilesLake(
    options,
    place,
    // One core writes 300,000 events/s, more than a collector takes, and leaves it the others.
    await openDatabase({ threads: 1 }),
    await openDatabase({
      threads: 1,
      maxMemoryBytes: options.maxMergeBytes ?? defaultMergeBytes,
      spillFolder: place.workFolder,
    }),
  );
  try {
    await lake.upgrade();
    await lake.sweep();
    await lake.resume();
    return lake;
  } catch (error) {
    await lake.close();
    throw error;
  }
}

/** The store of a place, and a work folder of our own. */
export async function openPlace(place: LakePlace): Promise<{ store: FileStore; workFolder: string }> {
  if ('store' in place) return { store: place.store, workFolder: await makeWorkFolder(place.workFolder) };
  return { store: directoryStore(place.folder), workFolder: await makeWorkFolder(place.folder) };
}

class FilesLake implements Lake {
  /** What merging uses; it has a database of its own, so that a long merge does not hold up a commit. */
  readonly #room: Room;
  readonly #writing: Database;
  readonly #options: LakeOptions;
  readonly #sealAfterMs: number;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #lastTask: Promise<unknown> = Promise.resolve();
  #tidyWaits = false;
  /** Manifests as this lake last left them: marks only grow, so what they have is there. */
  readonly #known = new Map<TableName, Manifest>();
  /** As last read; a commit looks again before it becomes visible. */
  #erased: ErasedUsers | undefined;

  constructor(options: LakeOptions, place: { store: FileStore; workFolder: string }, writing: Database, db: Database) {
    this.#options = options;
    this.#room = { ...place, db, now: options.now ?? Date.now, onCommit: options.onCommit };
    this.#writing = writing;
    this.#sealAfterMs = options.sealAfterMs ?? 3_600_000;
  }

  async mark(shard: string): Promise<Mark | undefined> {
    const [first, second] = await Promise.all(
      tableNames.map(async (table) => (await this.manifest(table)).marks[shard]),
    );
    return second && isAhead(second, first) ? second : first;
  }

  manifest(table: TableName): Promise<Manifest> {
    return manifestOf(this.#room, table);
  }

  write(commit: Commit): Promise<void> {
    const done = this.#lastWrite.then(() => this.#write(commit));
    this.#lastWrite = done.catch(() => {});
    return done;
  }

  compact(options: CompactOptions = {}): Promise<CompactReport> {
    return this.#withAllCores(() => sealDays(this.#room, options.before ?? this.#room.now()));
  }

  retain(options: RetainOptions): Promise<RetainReport> {
    return this.#withAllCores(() => retainDays(this.#room, options));
  }

  erase(options: EraseOptions): Promise<EraseReport> {
    return this.#withAllCores(() => eraseUsers(this.#room, options));
  }

  resessionize(options: ResessionizeOptions): Promise<ResessionizeReport> {
    return this.#withAllCores(() => resessionize(this.#room, options));
  }

  import(options: ImportOptions): Promise<ImportReport> {
    return this.#withAllCores(() => importFiles(this.#room, options));
  }

  check(options: DayRange): Promise<CheckReport> {
    return this.#withAllCores(() => checkSessions(this.#room, options));
  }

  verify(): Promise<VerifyReport> {
    return this.#inTurn(() => verifyLake(this.#room));
  }

  erasedUsers(): Promise<ErasedUsers> {
    return readErasedUsers(this.#room.store);
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#lastTask;
    this.#writing.close();
    this.#room.db.close();
    await rm(this.#room.workFolder, { recursive: true, force: true });
  }

  /** Brings files of an older Taphouse to the columns of today. */
  upgrade(): Promise<void> {
    return this.#inTurn(() => upgradeTables(this.#room));
  }

  /** Goes on with an erasure that a process left unfinished. */
  async resume(): Promise<void> {
    for (const left of await unfinishedErases(this.#room))
      await this.#inTurn(() => eraseUsers(this.#room, left.options, left));
  }

  /** Deletes files that no manifest knows, once they are old enough to be nobody's commit under way. */
  async sweep(): Promise<void> {
    const { store } = this.#room;
    for (const table of tableNames) {
      const listed = await store.list(`${table}/`);
      const manifest = await this.manifest(table);
      const known = new Set([...manifest.files, ...manifest.removed].map(({ path }) => fileKey(table, path)));
      const orphans = listed.filter(
        ({ key, modifiedAt }) => key.endsWith('.parquet') && !known.has(key) && modifiedAt < Date.now() - orphanAgeMs,
      );
      await store.delete(orphans.map(({ key }) => key));
    }
  }

  async #write(commit: Commit): Promise<void> {
    await this.#writeTable('rawdata', commit, (erased) => this.#writeEvents(commit, erased));
    await this.#writeTable('aggregated', commit, (erased) => this.#writeRows(commit, erased));
    this.#tidySoon();
  }

  async #writeTable(table: TableName, commit: Commit, writeFiles: WriteFiles): Promise<void> {
    const { shard, mark } = commit;
    const { store } = this.#room;
    const manifest = this.#known.get(table) ?? (await this.manifest(table));
    if (!isAhead(mark, manifest.marks[shard])) return;
    const erased = (this.#erased ??= await readErasedUsers(store));
    const added = await writeFiles(erased);
    let outdated = false;
    const changed = await changeTable(this.#room, table, async ({ marks }) => {
      if (!isAhead(mark, marks[shard])) return undefined;
      this.#erased = await readErasedUsers(store);
      outdated = this.#erased.tag !== erased.tag;
      return outdated ? undefined : { added, marks: { [shard]: mark } };
    });
    this.#known.set(table, changed);
    if (!outdated) return;
    // Someone was erased meanwhile, and our files may hold what he must not find again.
    await store.delete(added.map(({ path }) => fileKey(table, path)));
    await this.#writeTable(table, commit, writeFiles);
  }

  /** From the log's own text, if the commit has it and DuckDB can read it; a foreign writer's odd text goes value by value. */
  async #writeEvents(commit: Commit, erased: ErasedUsers): Promise<ManifestFile[]> {
    const { lines, linesInOrder: inOrder = false, stepMs } = commit;
    if (lines?.length === 0) return [];
    if (lines) {
      try {
        return await this.#storeByDay(commit, (path) =>
          writeLines(this.#writing, { lines, inOrder, erased, stepMs }, path),
        );
      } catch (error) {
        if (!isUnreadable(error)) throw error;
      }
    }
    const kept = commit.events.filter((event) => !erased.covers(event.user_id, roundDown(event, stepMs)));
    if (kept.length === 0) return [];
    return this.#storeByDay(commit, (path) => writeParquet(this.#writing, 'rawdata', kept, path));
  }

  async #writeRows(commit: Commit, erased: ErasedUsers): Promise<ManifestFile[]> {
    const { rows, stepMs } = commit;
    const kept = rows.filter(({ user_id, timeagg }) => !erased.covers(user_id, timeagg));
    const added: ManifestFile[] = [];
    for (const [dayAt, ofDay] of groupByDay(kept, ({ timeagg }) => timeagg)) {
      const path = filePath(dayAt, commitName(commit));
      const bytes = await this.#storeFile('aggregated', path, (local) =>
        writeParquet(this.#writing, 'aggregated', ofDay, local),
      );
      added.push({ path, bytes, rows: ofDay.length, ...timeRange(ofDay), sealed: false, stepMs });
    }
    return added;
  }

  /** Stores the events that `write` writes to a local file, in a file for each of their days: one, but around midnight. */
  async #storeByDay(commit: Commit, write: (path: string) => Promise<void>): Promise<ManifestFile[]> {
    const all = freshPath(this.#room);
    const added: ManifestFile[] = [];
    try {
      await write(all);
      const days = await daysIn(this.#writing, all);
      for (const { dayAt, ...facts } of days) {
        const path = filePath(dayAt, commitName(commit));
        const bytes = await this.#storeFile('rawdata', path, (local) =>
          days.length === 1 ? rename(all, local) : copyDay(this.#writing, all, dayAt, local),
        );
        added.push({ path, bytes, ...facts, sealed: false, stepMs: commit.stepMs });
      }
      return added;
    } finally {
      await rm(all, { force: true });
    }
  }

  /** A full disk must not be filled further by what a failed try left. */
  async #storeFile(table: TableName, path: string, write: (local: string) => Promise<void>): Promise<number> {
    const local = freshPath(this.#room);
    try {
      await write(local);
      return await this.#room.store.putFile(fileKey(table, path), local);
    } catch (error) {
      await rm(local, { force: true });
      throw error;
    }
  }

  /** Keeps files few, in the background. */
  #tidySoon(): void {
    if (this.#tidyWaits) return;
    this.#tidyWaits = true;
    this.#inTurn(async () => {
      this.#tidyWaits = false;
      await tidy(this.#room, this.#room.now() - this.#sealAfterMs);
    }).catch((cause: unknown) => {
      const trouble = new Error('lake: small files not merged; tried again after the next commit', { cause });
      if (this.#options.onTrouble) this.#options.onTrouble(trouble);
      else process.emitWarning(trouble);
    });
  }

  /** Background work keeps to one core; what someone waits for may have them all. */
  #withAllCores<T>(task: () => Promise<T>): Promise<T> {
    const { db } = this.#room;
    return this.#inTurn(async () => {
      await db.run(`SET threads = ${availableParallelism()}`);
      try {
        return await task();
      } finally {
        await db.run('SET threads = 1');
      }
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#lastTask.then(task);
    this.#lastTask = done.catch(() => {});
    return done;
  }
}

/** Stores the files of one table's part of a commit, without who was erased. */
type WriteFiles = (erased: ErasedUsers) => Promise<ManifestFile[]>;

/** DuckDB could not read the text; not a fault of the disk. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && /^Invalid Input Error: .*JSON/.test(error.message);
}

function roundDown({ client_timestamp }: ClickEvent, stepMs: number): number {
  return Math.floor(client_timestamp / stepMs) * stepMs;
}

/** Sure to differ where two commits of a shard do, and the same when a commit is written again. */
function commitName({ configHash, shard, mark }: Commit): string {
  return [configHash, shard, mark.position || 'start', mark.clockAt, ...(mark.drained ? ['drained'] : [])].join('-');
}

function timeRange(rows: readonly SessionRow[]): Pick<ManifestFile, 'minAt' | 'maxAt'> {
  let minAt = Infinity;
  let maxAt = -Infinity;
  for (const { timeagg } of rows) {
    if (timeagg < minAt) minAt = timeagg;
    if (timeagg > maxAt) maxAt = timeagg;
  }
  return { minAt, maxAt };
}

interface DayFacts extends Pick<ManifestFile, 'rows' | 'minAt' | 'maxAt'> {
  dayAt: number;
}

/** The days of the events in a local file, in order. */
async function daysIn(db: Database, path: string): Promise<DayFacts[]> {
  const days = await db.rows(
    `SELECT count(*) AS rows, epoch_ms(min(received_at)) AS first, epoch_ms(max(received_at)) AS last
     FROM ${quoteText(path)} GROUP BY epoch_ms(received_at) // ${dayMs} ORDER BY first`,
  );
  return days.map(({ rows, first, last }) => ({
    dayAt: dayOf(Number(first)),
    rows: Number(rows),
    minAt: Number(first),
    maxAt: Number(last),
  }));
}

function copyDay(db: Database, from: string, dayAt: number, to: string): Promise<void> {
  const inDay = `received_at >= make_timestamp(${dayAt * 1000}) AND received_at < make_timestamp(${(dayAt + dayMs) * 1000})`;
  return db.run(`COPY (FROM ${quoteText(from)} WHERE ${inDay}) TO ${quoteText(to)} (${parquetOptions})`);
}
