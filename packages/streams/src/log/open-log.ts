import { mkdirSync, statfsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Bell, createBell } from '../bell.ts';
import { checkRecords } from '../check-records.ts';
import { checkShard, fromPosition, toPosition } from '../position.ts';
import {
  type ReadOptions,
  type Slice,
  type Stream,
  StreamFullError,
  type StreamRecord,
  StreamUnavailableError,
} from '../stream.ts';
import { DiskGuard } from './disk-guard.ts';
import { lockFolder, type Unlock } from './folder-lock.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { upgradeFolder } from './log-format.ts';
import { RecordArena } from './record-bytes.ts';
import { Segments } from './segments.ts';

export interface LogOptions {
  /** Folder of the log; made if absent. One process at a time. */
  path: string;
  /** Most bytes the kept records may take on disk; an append over it is refused. Default 8 GiB. */
  maxBytes?: number;
  /** Free bytes to leave on the disk; an append that would go below is refused. Default 64 MiB, at least 4 MiB. */
  minFreeBytes?: number;
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

/** A segment has about this part of `maxBytes`: what is trimmed gives its room back in such pieces. */
const segmentParts = 32;
const minSegmentBytes = 64 * 1024;
/** Records that are trimmed go with the rest of their segment, and no more is written to one that is older than this, milliseconds. */
const trimmedAgeMs = 10_000;
/** Free disk that is never written into; see `DiskGuard`. */
const leastFreeBytes = 4 * 1024 ** 2;

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
    await upgradeFolder(path);
    return new LmdbLog(options, unlock);
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
  readonly #segmentBytes: number;
  readonly #now: () => number;
  readonly #tickMs: number;
  readonly #segments: Segments;
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
  /** Number of the last record that is trimmed. */
  #trimmed: number;
  /** Position of the first one after it, once asked for: to look may mean to open its segment. */
  #oldest: string | undefined;
  #removing: Promise<void> = Promise.resolve();
  /** Room left at the last look, less what was appended since. */
  #roomBytes = 0;
  /** At that look. */
  #isSegmentFull = false;
  #closed = false;

  constructor(options: LogOptions, unlock: Unlock) {
    this.#path = options.path;
    this.#disk = new DiskGuard(options.path);
    this.#maxBytes = options.maxBytes ?? 8 * 1024 ** 3;
    this.#minFreeBytes = Math.max(options.minFreeBytes ?? 64 * 1024 ** 2, leastFreeBytes);
    this.#segmentBytes = Math.max(this.#maxBytes / segmentParts, minSegmentBytes);
    this.#now = options.now ?? Date.now;
    this.#tickMs = options.tickMs ?? 1000;
    this.#unlock = unlock;
    this.#commits = createGroupCommit((puts) => this.#commit(puts));
    this.#segments = new Segments(options.path, this.#segmentBytes);
    const { active } = this.#segments;
    const newest = active.newest();
    this.#trimmed = active.meta.get('trimmed') ?? 0;
    if (options.startAfter !== undefined && active.first === 1 && !newest && this.#trimmed === 0) {
      this.#trimmed = fromPosition(options.startAfter);
      active.meta.putSync('trimmed', this.#trimmed);
    }
    this.#next = Math.max(newest?.number ?? active.first - 1, this.#trimmed) + 1;
    this.#clock = active.clock();
    this.#durableClock = this.#clock;
  }

  async append(records: readonly StreamRecord[]): Promise<void> {
    this.#checkOpen();
    checkRecords(records);
    if (records.length === 0) return;
    const arrivedAt = Math.max(this.#clock, this.#now());
    // Encoded at once, so that the records themselves need not live until the commit.
    const place = this.#arena.place;
    const values = records.map((record) => this.#arena.encode(record, arrivedAt));
    try {
      // A record takes whole pages.
      this.#takeRoom(values.reduce((sum, value) => sum + value.length + 4096, 0));
    } catch (error) {
      this.#arena.giveBack(place);
      throw error;
    }
    this.#clock = arrivedAt;
    const from = this.#next;
    this.#next += values.length;
    await this.#commits.write(() => {
      for (let i = 0; i < values.length; i += 1) this.#segments.active.put(from + i, values[i]!);
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
    const usedBytes = this.#segments.usedBytes();
    this.#isSegmentFull = this.#segments.active.usedBytes() >= this.#segmentBytes;
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
    return Math.max(bytes, Math.min(room / 2, 4 * 1024 ** 2, this.#segmentBytes / 4));
  }

  /** Runs puts and waits until they are on disk; all of them or, rejecting, none. */
  async #commit(puts: () => void): Promise<void> {
    try {
      this.#arena.turn();
      // Half, for what others may write until this is done.
      this.#disk.check(this.#minFreeBytes / 2);
      if (this.#isSegmentDone()) this.#seal();
      await this.#segments.active.batch(puts);
    } catch (error) {
      throw await this.#asStreamError(error);
    }
  }

  #seal(): void {
    this.#segments.seal();
    this.#isSegmentFull = false;
  }

  /** Large enough, or held up by what is left in it from being removed when what is trimmed should be gone. */
  #isSegmentDone(): boolean {
    const { active } = this.#segments;
    if (this.#isSegmentFull) return true;
    const oldest = this.#trimmed < active.first ? undefined : active.oldest();
    if (!oldest || oldest.number > this.#trimmed) return false;
    return this.#clock - oldest.arrivedAt >= trimmedAgeMs || active.newest()!.number <= this.#trimmed;
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
      const records = this.#segments.read(Math.max(done, this.#trimmed) + 1, maxRecords);
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
      await this.#commits.write(() => void this.#segments.active.meta.put('clock', at));
      this.#durableClock = Math.max(this.#durableClock, at);
    } catch (error) {
      if (!(error instanceof StreamFullError || error instanceof StreamUnavailableError)) throw error;
    }
    return this.#durableClock;
  }

  async trim(shard: string, position: string): Promise<void> {
    this.#checkOpen();
    checkShard(shard);
    const upTo = Math.min(fromPosition(position), this.#segments.newest()?.number ?? 0);
    if (upTo <= this.#trimmed) return;
    this.#trimmed = upTo;
    this.#oldest = undefined;
    await this.#commits.write(() => void this.#segments.active.meta.put('trimmed', this.#trimmed));
    const removing = this.#removing.then(() => this.#segments.removeUpTo(this.#trimmed));
    this.#removing = removing.catch(() => {});
    await removing;
  }

  stats(): LogStats {
    this.#checkOpen();
    this.#oldest ??= this.#segments.read(this.#trimmed + 1, 1)[0]?.position;
    const newest = this.#oldest === undefined ? undefined : this.#segments.newest();
    return {
      usedBytes: this.#segments.usedBytes(),
      maxBytes: this.#maxBytes,
      first: this.#oldest ?? null,
      last: newest ? toPosition(newest.number) : null,
      lastArrivedAt: newest?.arrivedAt ?? null,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#bell.ring();
    await Promise.allSettled([this.#commits.idle(), this.#removing]);
    await this.#segments.close();
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
