import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { ClickEvent, Manifest, ManifestFile, Mark, SessionRow, TableName } from '@taphouse/schema';
import type { Commit, Sink } from '@taphouse/sessions';

import { type ManifestChange, changeManifest, isAhead, readManifest } from '../manifest-protocol.ts';
import { type Database, openDatabase } from './database.ts';
import { dayMs, dayOf, fileKey, filePath, filesByDay, groupByDay } from './day-files.ts';
import { directoryStore } from './directory-store.ts';
import type { FileStore } from './file-store.ts';
import { type MergeKind, mergeFiles } from './merge-files.ts';
import { writeParquet } from './parquet-writer.ts';
import { rollPlan } from './roll-plan.ts';
import { makeWorkFolder } from './work-folder.ts';

/** How long files that are no longer live stay for readers of an older manifest. */
const graceMs = 5 * 60_000;

/** Files that no manifest knows are left-overs of a crash; younger ones may be a commit of another process. */
const orphanAgeMs = 24 * 3_600_000;

const tableNames = ['rawdata', 'aggregated'] as const;

export interface LakeOptions {
  /** The lake's folder; made if it is not there. */
  folder: string;
  /** The clock of manifests, milliseconds since 1970 UTC. Default: the machine's. */
  now?: () => number;
  /** Told after each new version of a table's manifest made by this lake. */
  onCommit?: (table: TableName, manifest: Manifest) => void;
  /** Told when merging small files failed; it is tried again after a later commit. Default: a process warning. */
  onTrouble?: (error: Error) => void;
}

/** Which days `Lake.compact` takes. */
export interface CompactOptions {
  /** Days that end at or before this time, milliseconds since 1970 UTC. Default: all whole days before today. */
  before?: number;
}

/** A lake that takes commits. */
export interface Lake extends Sink {
  /** The manifest of a table as it is now. */
  manifest(table: TableName): Promise<Manifest>;
  /**
   * Turns each day's files into sealed ones: rows of `aggregated` merged by (user_id, device_id, timeagg), copies of
   * events dropped, sorted for pruning. Days already sealed are left alone.
   */
  compact(options?: CompactOptions): Promise<CompactReport>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export interface CompactReport {
  /** Days sealed, both tables counted. */
  days: number;
  filesBefore: number;
  filesAfter: number;
  rowsBefore: number;
  rowsAfter: number;
}

/** Opens the lake in a folder, and clears away what a crash may have left. */
export async function openLake(options: LakeOptions): Promise<Lake> {
  const store = directoryStore(options.folder);
  const workFolder = await makeWorkFolder(options.folder);
  const lake = new FilesLake(store, workFolder, options, await openDatabase(), await openDatabase({ threads: 1 }));
  await lake.sweep();
  return lake;
}

class FilesLake implements Lake {
  readonly #store: FileStore;
  readonly #workFolder: string;
  readonly #options: LakeOptions;
  readonly #now: () => number;
  /** Two databases, so that a long merge does not hold up a commit. */
  readonly #writing: Database;
  readonly #merging: Database;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #lastMerge: Promise<unknown> = Promise.resolve();
  #mergeWaits = false;
  #files = 0;

  constructor(store: FileStore, workFolder: string, options: LakeOptions, writing: Database, merging: Database) {
    this.#store = store;
    this.#workFolder = workFolder;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#writing = writing;
    this.#merging = merging;
  }

  async mark(shard: string): Promise<Mark | undefined> {
    const [first, second] = await Promise.all(
      tableNames.map(async (table) => (await this.manifest(table)).marks[shard]),
    );
    return second && isAhead(second, first) ? second : first;
  }

  async manifest(table: TableName): Promise<Manifest> {
    return (await readManifest(this.#store, table)).manifest;
  }

  write(commit: Commit): Promise<void> {
    const done = this.#lastWrite.then(() => this.#write(commit));
    this.#lastWrite = done.catch(() => {});
    return done;
  }

  compact(options: CompactOptions = {}): Promise<CompactReport> {
    return this.#mergeInTurn(() => this.#seal(options.before ?? this.#now()));
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#lastMerge;
    this.#writing.close();
    this.#merging.close();
    await rm(this.#workFolder, { recursive: true, force: true });
  }

  /** Deletes files that no manifest knows, once they are old enough to be nobody's commit under way. */
  async sweep(): Promise<void> {
    for (const table of tableNames) {
      const manifest = await this.manifest(table);
      const known = new Set([...manifest.files, ...manifest.removed].map(({ path }) => fileKey(table, path)));
      const listed = await this.#store.list(`${table}/`);
      const orphans = listed.filter(
        ({ key, modifiedAt }) => key.endsWith('.parquet') && !known.has(key) && modifiedAt < Date.now() - orphanAgeMs,
      );
      await this.#store.delete(orphans.map(({ key }) => key));
    }
  }

  async #write(commit: Commit): Promise<void> {
    await this.#writeTable('rawdata', commit, commit.events, (event: ClickEvent) => event.received_at);
    await this.#writeTable('aggregated', commit, commit.rows, (row: SessionRow) => row.timeagg);
    this.#mergeSoon();
  }

  async #writeTable<Row extends object>(
    table: TableName,
    commit: Commit,
    rows: readonly Row[],
    timeOf: (row: Row) => number,
  ): Promise<void> {
    const { shard, mark } = commit;
    if (!isAhead(mark, (await this.manifest(table)).marks[shard])) return;
    const added: ManifestFile[] = [];
    for (const [dayAt, ofDay] of groupByDay(rows, timeOf)) {
      const path = filePath(dayAt, commitName(commit));
      const local = this.#localPath();
      await writeParquet(this.#writing, table, ofDay, local);
      const bytes = await this.#store.putFile(fileKey(table, path), local);
      const [minAt, maxAt] = timeRange(ofDay, timeOf);
      const stepMs = table === 'aggregated' ? { stepMs: commit.stepMs } : {};
      added.push({ path, bytes, rows: ofDay.length, minAt, maxAt, sealed: false, ...stepMs });
    }
    await this.#change(table, (manifest) =>
      isAhead(mark, manifest.marks[shard]) ? { added, marks: { [shard]: mark } } : undefined,
    );
  }

  /** Merges small files in the background, one plan at a time. */
  #mergeSoon(): void {
    if (this.#mergeWaits) return;
    this.#mergeWaits = true;
    this.#mergeInTurn(async () => {
      this.#mergeWaits = false;
      for (const table of tableNames) await this.#roll(table);
    }).catch((cause: unknown) => {
      const folder = this.#options.folder;
      const trouble = new Error(`lake at ${folder}: small files not merged; tried again after the next commit`, {
        cause,
      });
      if (this.#options.onTrouble) this.#options.onTrouble(trouble);
      else process.emitWarning(trouble);
    });
  }

  async #roll(table: TableName): Promise<void> {
    for (const files of filesByDay((await this.manifest(table)).files).values()) {
      const plan = rollPlan(files);
      if (plan.length > 0) await this.#exchange(table, plan, 'rolled');
    }
  }

  async #seal(before: number): Promise<CompactReport> {
    const report = { days: 0, filesBefore: 0, filesAfter: 0, rowsBefore: 0, rowsAfter: 0 };
    for (const table of tableNames) {
      for (const [dayAt, files] of filesByDay((await this.manifest(table)).files)) {
        if (dayAt + dayMs > before || files.every((file) => file.sealed)) continue;
        const sealed = await this.#exchange(table, files, 'sealed');
        report.days += 1;
        report.filesBefore += files.length;
        report.filesAfter += 1;
        report.rowsBefore += sum(files, (file) => file.rows);
        report.rowsAfter += sealed.rows;
      }
    }
    return report;
  }

  /** Puts one file in the place of several of one day. */
  async #exchange(table: TableName, files: readonly ManifestFile[], how: MergeKind): Promise<ManifestFile> {
    const local = this.#localPath();
    const version = (await this.manifest(table)).version;
    const merged = await mergeFiles(this.#merging, this.#store, { table, files, how, path: local });
    const path = filePath(dayOf(merged.minAt), `${how}-${version}-${files.length}-${randomUUID().slice(0, 8)}`);
    const bytes = await this.#store.putFile(fileKey(table, path), local);
    const added = { path, bytes, ...merged };
    const removed = files.map((file) => file.path);
    let applied = false;
    await this.#change(table, (manifest) => {
      const live = new Set(manifest.files.map((file) => file.path));
      applied = removed.every((each) => live.has(each));
      return applied ? { added: [added], removed } : undefined;
    });
    // Another process took one of the files away meanwhile: ours is not wanted.
    if (!applied) await this.#store.delete([fileKey(table, path)]);
    return added;
  }

  async #change(table: TableName, change: (manifest: Manifest) => ManifestChange | undefined): Promise<void> {
    const forgotten = await this.#clearRemoved(table);
    let changed = false;
    const manifest = await changeManifest(this.#store, table, this.#now(), (current) => {
      const wanted = change(current);
      changed = wanted !== undefined;
      return wanted && { ...wanted, forgotten };
    });
    if (changed) this.#options.onCommit?.(table, manifest);
  }

  /** Deletes files past their grace. Deleted first, then dropped from the manifest, so none is left behind. */
  async #clearRemoved(table: TableName): Promise<string[]> {
    const { removed } = await this.manifest(table);
    const gone = removed.filter(({ removedAt }) => removedAt <= this.#now() - graceMs).map(({ path }) => path);
    if (gone.length > 0) await this.#store.delete(gone.map((path) => fileKey(table, path)));
    return gone;
  }

  #mergeInTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#lastMerge.then(task);
    this.#lastMerge = done.catch(() => {});
    return done;
  }

  #localPath(): string {
    this.#files += 1;
    return join(this.#workFolder, `${this.#files}.parquet`);
  }
}

/** Sure to differ where two commits of a shard do, and the same when a commit is written again. */
function commitName({ configHash, shard, mark }: Commit): string {
  return [configHash, shard, mark.position || 'start', mark.clockAt, ...(mark.drained ? ['drained'] : [])].join('-');
}

function timeRange<Row>(rows: readonly Row[], timeOf: (row: Row) => number): [minAt: number, maxAt: number] {
  let minAt = Infinity;
  let maxAt = -Infinity;
  for (const row of rows) {
    const at = timeOf(row);
    if (at < minAt) minAt = at;
    if (at > maxAt) maxAt = at;
  }
  return [minAt, maxAt];
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
