import { mkdirSync, statfsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Database, open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import { type Bell, createBell } from '../bell.ts';
import { checkRecords } from '../check-records.ts';
import { checkShard, fromPosition, toPosition } from '../position.ts';
import {
  type ReadOptions,
  type Slice,
  type StoredRecord,
  type Stream,
  StreamFullError,
  type StreamRecord,
  StreamUnavailableError,
} from '../stream.ts';
import { DiskGuard } from './disk-guard.ts';
import { lockFolder, type Unlock } from './folder-lock.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { arrivedAtOf, decodeRecord, RecordArena } from './record-bytes.ts';

export interface LogOptions {
  /** Folder of the log; made if absent. One process at a time. */
  path: string;
  /** Most bytes the kept records may take on disk; an append over it is refused. Default 8 GiB. */
  maxBytes?: number;
  /** Free bytes to leave on the disk; an append that would go below is refused. Default 64 MiB, at least 4 MiB. */
  minFreeBytes?: number;
  /** How long after its arrival a trimmed record is kept all the same, for a replay, milliseconds. Default 0. */
  keepMs?: number;
  /** Most bytes on disk for the sake of `keepMs`; and a full log forgets what is trimmed first of all. Default 1 GiB. */
  keepBytes?: number;
  /** Where a log that never had a record goes on, so that its positions come after those of one that is lost. Else ignored. */
  startAfter?: string;
  /** Milliseconds since 1970 UTC. Default `Date.now`. */
  now?: () => number;
  /** Between two ticks of a silent log, milliseconds. Default 1,000. */
  tickMs?: number;
}

/** A stream on one disk. */
export interface Log extends Stream {
  /** How full it is and how far it goes; costs some microseconds. */
  stats(): LogStats;
}

export interface LogStats {
  /** Disk pages of the records, bytes. */
  usedBytes: number;
  maxBytes: number;
  /** Position of the oldest record kept, or null. */
  first: string | null;
  /** Position of the newest record, or null. */
  last: string | null;
  /** Arrival of the newest record, milliseconds since 1970 UTC, or null. */
  lastArrivedAt: number | null;
}

/** What lmdb says of a table. */
type Pages = Record<'pageSize' | 'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages' | 'entryCount', number>;

/** Version of what is on disk. */
const format = 1;
/** Free disk that is never written into; see `DiskGuard`. */
const leastFreeBytes = 4 * 1024 ** 2;
/** A slice ends at about this many bytes, so that a reader never holds the event loop for long. */
const maxSliceBytes = 1_048_576;

/**
 * Opens the log in a folder, for this process alone.
 *
 * @throws Error if another process has the folder, it cannot be written, its disk is full, or its format is newer than
 * this program
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { path } = options;
  mkdirSync(path, { recursive: true });
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize < leastFreeBytes / 2)
    throw new StreamFullError(
      `log at ${path}: ${bavail * bsize} bytes free on the disk, needs ${leastFreeBytes / 2} to start; free the disk`,
    );
  const unlock = lockFolder(path);
  try {
    const root = open<Buffer, string>({
      path,
      encoding: 'binary',
      maxDbs: 4,
      // A commit is on disk before it is visible, to `append` and to readers alike.
      overlappingSync: false,
      // We batch ourselves: lmdb's own batch of a turn leaves a promise unhandled when its commit fails.
      eventTurnBatching: false,
    } as RootDatabaseOptionsWithPath);
    return new LmdbLog(options, root, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

class LmdbLog implements Log {
  readonly #path: string;
  readonly #disk: DiskGuard;
  readonly #maxBytes: number;
  readonly #minFreeBytes: number;
  readonly #keepMs: number;
  readonly #keepBytes: number;
  readonly #now: () => number;
  readonly #tickMs: number;
  readonly #root: RootDatabase<Buffer, string>;
  readonly #records: Database<Buffer, number>;
  readonly #meta: Database<number, string>;
  readonly #unlock: Unlock;
  readonly #bell: Bell = createBell();
  readonly #commits: GroupCommit;
  readonly #arena = new RecordArena();
  #next: number;
  /** Last stamp given to a record or a tick; no later one is smaller. */
  #clock: number;
  /** Largest clock that is on disk, and so holds after a restart. */
  #durableClock: number;
  #ticking: Promise<number> | undefined;
  /** Up to here readers are done. */
  #released = 0;
  #forgetting: Promise<void> | undefined;
  /** Room left at the last look, less what was appended since. */
  #roomBytes = 0;
  #closed = false;

  constructor(options: LogOptions, root: RootDatabase<Buffer, string>, unlock: Unlock) {
    this.#path = options.path;
    this.#disk = new DiskGuard(options.path);
    this.#maxBytes = options.maxBytes ?? 8 * 1024 ** 3;
    this.#minFreeBytes = Math.max(options.minFreeBytes ?? 64 * 1024 ** 2, leastFreeBytes);
    this.#keepMs = options.keepMs ?? 0;
    this.#keepBytes = options.keepBytes ?? 1024 ** 3;
    this.#now = options.now ?? Date.now;
    this.#tickMs = options.tickMs ?? 1000;
    this.#root = root;
    this.#unlock = unlock;
    this.#meta = root.openDB<number, string>('meta', { encoding: 'json' });
    this.#records = root.openDB<Buffer, number>('records', { encoding: 'binary' });
    this.#commits = createGroupCommit((puts) => this.#commit(puts));
    this.#checkFormat();
    const [last] = this.#records.getRange({ reverse: true, limit: 1 });
    if (options.startAfter !== undefined && !last && this.#meta.get('trimmed') === undefined)
      this.#meta.putSync('trimmed', fromPosition(options.startAfter));
    this.#next = Math.max(last?.key ?? 0, this.#meta.get('trimmed') ?? 0) + 1;
    this.#clock = Math.max(last ? arrivedAtOf(last.value) : 0, this.#meta.get('clock') ?? 0);
    this.#durableClock = this.#clock;
  }

  #checkFormat(): void {
    const found = this.#meta.get('format');
    if (found === undefined) this.#meta.putSync('format', format);
    else if (found > format)
      throw new Error(
        `log at ${this.#path}: format ${found}, this program reads up to ${format}; use the newer program, or another folder`,
      );
  }

  async append(records: readonly StreamRecord[]): Promise<void> {
    this.#checkOpen();
    checkRecords(records);
    if (records.length === 0) return;
    const arrivedAt = Math.max(this.#clock, this.#now());
    // Encoded at once, so that the records themselves need not live until the commit.
    const values = records.map((record) => this.#arena.encode(record, arrivedAt));
    // A record takes whole pages.
    this.#takeRoom(values.reduce((sum, value) => sum + value.length + 4096, 0));
    this.#clock = arrivedAt;
    const from = this.#next;
    this.#next += values.length;
    await this.#commits.write(() => {
      for (let i = 0; i < values.length; i += 1) void this.#records.put(from + i, values[i]!);
    });
    this.#durableClock = Math.max(this.#durableClock, arrivedAt);
    this.#bell.ring();
  }

  #checkOpen(): void {
    if (this.#closed) throw new StreamUnavailableError(`log at ${this.#path}: closed`);
  }

  /** Counts `bytes` as taken, or throws. The disk is looked at only once in a while: a look costs more than an append. */
  #takeRoom(bytes: number): void {
    if (bytes > this.#roomBytes) this.#roomBytes = this.#lookForRoom(bytes);
    this.#roomBytes -= bytes;
  }

  #lookForRoom(bytes: number): number {
    const usedBytes = this.#usedBytes();
    // What fails here fails at the next trim too, whose caller hears of it.
    if (usedBytes + bytes > this.#maxBytes / 2) this.#forget().catch(() => undefined);
    if (usedBytes + bytes > this.#maxBytes)
      throw new StreamFullError(
        `log at ${this.#path}: full at ${usedBytes} of ${this.#maxBytes} bytes; raise maxBytes, or let the reader catch up`,
      );
    const freeBytes = this.#disk.freeBytes();
    if (freeBytes - bytes < this.#minFreeBytes)
      throw new StreamFullError(
        `log at ${this.#path}: ${freeBytes} bytes free on the disk, keeps ${this.#minFreeBytes}; free the disk`,
      );
    const room = Math.min(this.#maxBytes - usedBytes, freeBytes - this.#minFreeBytes);
    return Math.max(bytes, Math.min(room / 2, 4 * 1024 ** 2));
  }

  #usedBytes(): number {
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = this.#pages();
    return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
  }

  #pages(): Pages {
    return this.#records.getStats() as Pages;
  }

  /** Runs puts and waits until they are on disk; all of them or, rejecting, none. */
  async #commit(puts: () => void): Promise<void> {
    try {
      this.#arena.turn();
      // Half, for what others may write until this is done.
      this.#disk.check(this.#minFreeBytes / 2);
      await this.#records.batch(puts);
    } catch (error) {
      throw await this.#asStreamError(error);
    }
  }

  async #asStreamError(error: unknown): Promise<Error> {
    this.#roomBytes = 0;
    if (error instanceof StreamFullError || error instanceof StreamUnavailableError) return error;
    const cause = await causeOf(error);
    const fault = cause instanceof Error ? cause.message : String(cause);
    this.#disk.failed(fault);
    return new StreamUnavailableError(`log at ${this.#path}: ${fault}; check the disk`, { cause });
  }

  async shards(): Promise<readonly string[]> {
    return ['0'];
  }

  async *read(shard: string, { after, maxRecords = 1000, signal }: ReadOptions = {}): AsyncIterable<Slice> {
    checkShard(shard);
    const going = (): boolean => !this.#closed && !signal?.aborted;
    let done = after === undefined ? 0 : fromPosition(after);
    let clockAt = 0;
    while (going()) {
      const records = this.#slice(done + 1, maxRecords);
      const last = records.at(-1);
      if (last) {
        done = fromPosition(last.position);
        clockAt = 0;
        yield { records, clockAt: last.arrivedAt };
        // Slices follow each other without a wait while there are any; a long log would hold up whoever appends to it.
        await nextTurn();
      } else if (clockAt > 0) {
        // The shard was read to its end after the clock was on disk: what is still to come is not earlier.
        yield { records, clockAt };
        clockAt = 0;
      } else if (!(await this.#bell.wait(this.#tickMs, signal)) && going()) {
        clockAt = await this.#tick();
      }
    }
  }

  #slice(from: number, maxRecords: number): StoredRecord[] {
    const records: StoredRecord[] = [];
    let bytes = 0;
    this.#root.resetReadTxn();
    for (const { key, value } of this.#records.getRange({ start: from, limit: maxRecords })) {
      records.push(decodeRecord(key, value));
      bytes += value.length;
      if (bytes >= maxSliceBytes) break;
    }
    return records;
  }

  /**
   * The arrival clock of now, once it is on disk: no record after it is earlier, even if the process dies here and the
   * wall clock is set back. While the disk takes nothing, the clock stands still.
   */
  #tick(): Promise<number> {
    this.#ticking ??= this.#storeClock().finally(() => (this.#ticking = undefined));
    return this.#ticking;
  }

  async #storeClock(): Promise<number> {
    this.#clock = Math.max(this.#clock, this.#now());
    const at = this.#clock;
    if (at === this.#durableClock) return at;
    try {
      await this.#commits.write(() => void this.#meta.put('clock', at));
      this.#durableClock = Math.max(this.#durableClock, at);
    } catch (error) {
      if (!(error instanceof StreamFullError || error instanceof StreamUnavailableError)) throw error;
    }
    return this.#durableClock;
  }

  async trim(shard: string, position: string): Promise<void> {
    this.#checkOpen();
    checkShard(shard);
    this.#released = Math.max(this.#released, Math.min(fromPosition(position), this.#next - 1));
    await this.#forget();
  }

  #forget(): Promise<void> {
    this.#forgetting ??= this.#forgetReleased().finally(() => (this.#forgetting = undefined));
    return this.#forgetting;
  }

  async #forgetReleased(): Promise<void> {
    while (!this.#closed) {
      const keys = this.#forgettable(1000);
      const last = keys.at(-1);
      if (last === undefined) return;
      await this.#commits.write(() => {
        void this.#meta.put('trimmed', last);
        // The newest record held the clock, and may be going.
        void this.#meta.put('clock', this.#durableClock);
        for (const key of keys) void this.#records.remove(key);
      });
    }
  }

  /** The oldest records that readers are done with and that need not be kept. */
  #forgettable(limit: number): number[] {
    this.#root.resetReadTxn();
    const keys = [...this.#records.getKeys({ end: this.#released + 1, limit })];
    if (this.#keepMs === 0) return keys;
    return keys.slice(0, Math.max(this.#overKeepBytes(), this.#overKeepMs(keys)));
  }

  /** How many of the oldest records, by their average size, are kept over `keepBytes`. */
  #overKeepBytes(): number {
    const usedBytes = this.#usedBytes();
    const overBytes = usedBytes - Math.min(this.#keepBytes, this.#maxBytes / 2);
    return overBytes <= 0 ? 0 : Math.ceil((overBytes / usedBytes) * this.#pages().entryCount);
  }

  /** How many of these are older than `keepMs`. Arrival never goes back, so few of them need to be read. */
  #overKeepMs(keys: readonly number[]): number {
    const keepFrom = this.#now() - this.#keepMs;
    let [from, to] = [0, keys.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (arrivedAtOf(this.#records.get(keys[middle]!)!) <= keepFrom) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  stats(): LogStats {
    this.#checkOpen();
    const [first] = this.#records.getKeys({ limit: 1 });
    const [last] = this.#records.getRange({ reverse: true, limit: 1 });
    return {
      usedBytes: this.#usedBytes(),
      maxBytes: this.#maxBytes,
      first: first === undefined ? null : toPosition(first),
      last: last ? toPosition(last.key) : null,
      lastArrivedAt: last ? arrivedAtOf(last.value) : null,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#bell.ring();
    await Promise.allSettled([this.#commits.idle(), this.#forgetting]);
    await this.#root.close();
    this.#unlock();
  }
}

/** lmdb rejects with a promise of the cause in `commitError`, an unhandled rejection if left alone. */
async function causeOf(error: unknown): Promise<unknown> {
  try {
    await (error as { commitError?: Promise<never> }).commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}
