import { decodeLines, type Mark, type SessionRow } from '@taphouse/schema';
import type { Slice, StoredRecord, Stream } from '@taphouse/streams';
import { Journal } from './journal.ts';
import type { SeenStore } from './engine/seen-events.ts';
import type { EventHead } from './line-layout.ts';
import type { Checkpoint, Commit, PumpState, Sink } from './pump-ports.ts';
import {
  type Sessionizer,
  type SessionizerOptions,
  createSessionizer,
  restoreSessionizer,
} from './engine/sessionizer.ts';
import { LineBuffer } from './line-buffer.ts';
import { type LagWindow, createLagSessions } from './lag/lag-sessions.ts';
import { type ReadRecord, RecordReader } from './record-reader.ts';
import type { StaggerWindow } from './stagger-window.ts';
import type { Window } from './window.ts';

export interface PumpOptions {
  stream: Stream;
  /** One of `stream.shards()`; one pump a shard. */
  shard: string;
  state: PumpState;
  sink: Sink;
  window: StaggerWindow;
  /** Ends the pump: open windows are closed early and committed. */
  signal: AbortSignal;
  /** Most windows open at once; see `SessionizerOptions`. Default: no bound. */
  maxOpenWindows?: number;
  /** Memory of event ids, bytes, if `state` keeps what has no room; more if open windows need it. Default 256 MiB. */
  maxSeenBytes?: number;
  /** Stirs the engine's hash tables, see `SessionizerOptions`; a random number is best. Default 0. */
  hashSeed?: number;
  /** Longest time between commits, milliseconds of the arrival clock. Default 5,000. */
  commitEveryMs?: number;
  /** Most events in a commit, give or take a record's. Default 200,000. */
  maxCommitEvents?: number;
  /** How long the log keeps what is in the lake, milliseconds of the arrival clock. Default 3,600,000; Infinity never trims. */
  keepLogMs?: number;
  /** Longest wait before a failed write is tried again, milliseconds; the first wait is 200. Default 30,000. */
  maxRetryMs?: number;
  /** Follows live sessions too, which `onSlice` and `onEnded` get. A restart goes on with them. */
  lag?: LagWindow;
  /**
   * Live sessions that ended, once their events are in the lake and before the state says so; tried again until it
   * resolves. After a crash some come again, with the same row_id.
   */
  onEnded?: (rows: readonly SessionRow[]) => Promise<void>;
  /** After each slice, with what it brought; before that is in the lake. Must not throw. */
  onSlice?: (slice: PumpSlice) => void;
  /** After each commit is in the lake and the state. Must not throw. */
  onCommit?: (commit: Commit) => void;
  /** At each failed write or save, which the pump tries again, and at each record that holds no events (`retryInMs` 0). Must not throw. */
  onError?: (error: Error, retryInMs: number) => void;
}

export interface PumpSlice {
  /** Copies included. Their texts hold the memory of their records: copy what is to be kept for long. */
  events: readonly EventHead[];
  rows: readonly SessionRow[];
  sessionizer: Pick<Sessionizer, 'openRows' | 'stats'>;
  /** Live sessions that ended; after a crash some are reported again, with the same row_id. Empty without `lag`. */
  ended: readonly SessionRow[];
  /** Live sessions going on, if `lag` is given. */
  live?: Pick<Window, 'openRows' | 'size'>;
}

/**
 * Reads a shard, makes sessions, writes them, and remembers how far it came: each event counts once in the lake,
 * wherever the process was killed. The lake commits first; a restart replays from the older state exactly to the
 * lake's mark, which gives the same rows, and goes on from there.
 *
 * @returns a promise that resolves when `signal` has aborted and the last commit is written
 * @throws Error if the log, the state and the lake do not belong together
 */
export async function pump(options: PumpOptions): Promise<void> {
  const run = new PumpRun(options);
  await run.recover();
  await run.follow();
  await run.finish();
}

/** Before the first record. */
const start: Mark = { position: '', clockAt: 0, drained: false };

const firstRetryMs = 200;
const maxSavedLive = 20_000;

class PumpRun {
  readonly #options: PumpOptions;
  /** Ids seen beyond memory. */
  readonly #store: SeenStore | undefined;
  #sessionizer: Sessionizer;
  readonly #reader = new RecordReader();
  #journal = new Journal([]);
  /** Live sessions, which are told and not kept. */
  #live: Window | undefined;
  /** Live sessions ended since the last slice was told. */
  #ended: SessionRow[] = [];
  /** And since the last commit. */
  #unsettled: SessionRow[] = [];
  /** What the lake and the state have. */
  #committed: Mark = start;
  #position = start.position;
  #clockAt = start.clockAt;
  #committedAt = 0;
  /** The events as text: a tenth of the memory of what they decode to, or less. */
  readonly #lines = new LineBuffer();
  #latestReceivedAt = -Infinity;
  #linesInOrder = true;
  #eventCount = 0;
  #rows: SessionRow[] = [];
  /** Ends of commits, oldest first, to trim the log by. */
  readonly #ends: Mark[] = [];

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#store = options.state.seen?.(options.shard);
    this.#live = options.lag && createLagSessions(options.lag);
    this.#sessionizer = createSessionizer(options.window, this.#engineOptions());
  }

  /** Brings state and lake to one mark, and the engine to the window that is asked for. */
  async recover(): Promise<void> {
    const { state, sink, shard } = this.#options;
    const checkpoint = await this.#persist(() => state.load(shard));
    const reached = await this.#persist(() => sink.mark(shard));
    if (checkpoint) this.#restore(checkpoint);
    const ahead = compareMarks(reached ?? start, this.#committed);
    if (ahead < 0 || (reached && !checkpoint)) {
      throw new Error(
        `pump of shard ${shard}: the lake ends at ${showMark(reached ?? start)} and the state at ${showMark(this.#committed)}; bring back the data folder as it was, or move all of it away to start anew`,
      );
    }
    // Saved before the first write, so that a commit is always made again with the window that made it.
    if (!checkpoint) await this.#save(start);
    if (ahead > 0 && reached) await this.#replay(reached);
    await this.#changeWindow();
  }

  /** Reads and commits until the signal aborts. */
  async follow(): Promise<void> {
    const { signal } = this.#options;
    for await (const slice of this.#slices(signal)) {
      await this.#take(slice);
      if (signal.aborted) return;
    }
  }

  /** The shard behind where we are; reading starts again when the stream was out of reach. */
  async *#slices(signal?: AbortSignal): AsyncGenerator<Slice> {
    const { stream, shard } = this.#options;
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(waitMs * 2, this.#maxRetryMs)) {
      try {
        for await (const slice of stream.read(shard, { ...this.#after(), ...(signal && { signal }) })) {
          yield slice;
          waitMs = firstRetryMs / 2;
        }
        return;
      } catch (error) {
        if (this.#options.signal.aborted || asError(error).name !== 'StreamUnavailableError') throw error;
        await this.#wait(error, waitMs);
      }
    }
  }

  /** Closes what is open and commits it. */
  async finish(): Promise<void> {
    append(this.#rows, this.#sessionizer.drain());
    await this.#commit(true);
  }

  #restore(checkpoint: Checkpoint): void {
    this.#sessionizer = restoreSessionizer(
      checkpoint.parts.map((part) => part.bytes),
      this.#engineOptions(),
    );
    this.#journal = new Journal(checkpoint.parts);
    if (this.#options.lag) this.#live = createLagSessions(this.#options.lag, checkpoint.live);
    this.#committed = checkpoint.mark;
    this.#position = checkpoint.mark.position;
    this.#clockAt = checkpoint.mark.clockAt;
    this.#committedAt = checkpoint.mark.clockAt;
  }

  /** Makes the commit of `mark` again from the older state; the sink keeps what it already has of it. */
  async #replay(mark: Mark): Promise<void> {
    if (this.#position < mark.position) await this.#readUpTo(mark);
    append(this.#rows, this.#sessionizer.advance(mark.clockAt));
    this.#clockAt = mark.clockAt;
    if (mark.drained) append(this.#rows, this.#sessionizer.drain());
    await this.#commit(mark.drained);
  }

  async #readUpTo(mark: Mark): Promise<void> {
    const { shard } = this.#options;
    for await (const slice of this.#slices()) {
      for (const record of slice.records) {
        if (record.position > mark.position) break;
        const read = this.#read(record);
        this.#sessionizer.prepare(read.events);
        this.#count(record, read);
      }
      if (this.#position === mark.position) return;
      if (slice.clockAt > mark.clockAt || (slice.records.at(-1)?.position ?? '') > mark.position) {
        throw new Error(
          `pump of shard ${shard}: the lake has events up to ${showMark(mark)}, which the log no longer holds; bring back the log that belongs to this lake, or start with an empty data folder`,
        );
      }
    }
  }

  /** Another window than before: the old windows are closed early, in a commit of their own. */
  async #changeWindow(): Promise<void> {
    const { window } = this.#options;
    const next = createSessionizer(window, this.#engineOptions());
    if (next.configHash === this.#sessionizer.configHash) return;
    append(this.#rows, this.#sessionizer.drain());
    await this.#commit(true);
    this.#sessionizer = createSessionizer(window, this.#engineOptions(), this.#sessionizer);
    await this.#save(this.#committed);
  }

  async #take(slice: Slice): Promise<void> {
    const { commitEveryMs = 5_000, maxCommitEvents = 200_000 } = this.#options;
    const events: EventHead[] = [];
    const rows: SessionRow[] = [];
    const batches = slice.records.map((record) => this.#read(record));
    for (const batch of batches) append(events, batch.events);
    this.#sessionizer.prepare(events);
    for (const [i, record] of slice.records.entries()) {
      const firstRow = this.#rows.length;
      this.#count(record, batches[i] as ReadRecord);
      append(rows, this.#rows, firstRow);
      if (this.#eventCount >= maxCommitEvents) await this.#commit(false);
    }
    const closed = this.#sessionizer.advance(slice.clockAt);
    this.#clockAt = Math.max(this.#clockAt, slice.clockAt);
    append(this.#rows, closed);
    append(rows, closed);
    this.#tell(events, rows);
    if (this.#clockAt - this.#committedAt >= commitEveryMs) await this.#commit(false);
  }

  #tell(events: readonly EventHead[], rows: readonly SessionRow[]): void {
    this.#end(this.#live?.advance(this.#clockAt) ?? []);
    const live = this.#live && { live: this.#live };
    this.#options.onSlice?.({ events, rows, sessionizer: this.#sessionizer, ended: this.#ended, ...live });
    this.#ended = [];
  }

  #end(rows: readonly SessionRow[]): void {
    append(this.#ended, rows);
    if (this.#options.onEnded) append(this.#unsettled, rows);
  }

  #read(record: StoredRecord): ReadRecord {
    return this.#reader.read(record, (fault) => this.#options.onError?.(fault, 0));
  }

  #count(record: StoredRecord, { events, lines }: ReadRecord): void {
    if (this.#committedAt === start.clockAt) this.#committedAt = record.arrivedAt;
    for (const event of events) append(this.#rows, this.#sessionizer.push(event, record.arrivedAt));
    if (events.length > 0) this.#lines.add(lines);
    for (const { received_at } of events) {
      if (received_at < this.#latestReceivedAt) this.#linesInOrder = false;
      else this.#latestReceivedAt = received_at;
    }
    this.#eventCount += events.length;
    this.#position = record.position;
    this.#clockAt = Math.max(this.#clockAt, record.arrivedAt);
  }

  async #commit(drained: boolean): Promise<void> {
    this.#committedAt = this.#clockAt;
    if (this.#eventCount === 0 && this.#rows.length === 0) return this.#settle();
    const { sink, shard, onCommit } = this.#options;
    const mark: Mark = { position: this.#position, clockAt: this.#clockAt, drained };
    const { configHash, window } = this.#sessionizer;
    const lines = this.#lines.pieces();
    const commit: Commit = {
      shard,
      configHash,
      from: this.#committed.position || null,
      mark,
      lines,
      linesInOrder: this.#linesInOrder,
      get events() {
        return lines.flatMap((piece) => decodeLines(new TextDecoder().decode(piece).trimEnd()));
      },
      rows: this.#rows,
      stepMs: window.stepMs,
    };
    await this.#persist(() => sink.write(commit));
    await this.#settle();
    await this.#save(mark);
    this.#latestReceivedAt = -Infinity;
    this.#linesInOrder = true;
    this.#eventCount = 0;
    this.#rows = [];
    onCommit?.(commit);
    this.#lines.clear();
    await this.#trim(mark);
  }

  /** In silence nothing is saved with it: a restart ends these sessions once more. */
  async #settle(): Promise<void> {
    const ended = this.#unsettled;
    if (ended.length === 0) return;
    await this.#persist(async () => this.#options.onEnded?.(ended));
    this.#unsettled = [];
  }

  async #save(mark: Mark): Promise<void> {
    const { state, shard } = this.#options;
    const { configHash } = this.#sessionizer;
    // Parts of before there was a store: what they remember goes there, and they go.
    const parts =
      this.#store && this.#journal.holdsSeen
        ? this.#journal.replace(this.#sessionizer.snapshot())
        : this.#journal.add(this.#sessionizer.changes());
    const seen = this.#sessionizer.takeSeen();
    // Written in full at each commit, hence the bound; beyond it a restart begins anew with them.
    const live = this.#live && this.#live.size <= maxSavedLive && { live: this.#live.snapshot() };
    await this.#persist(() => state.save(shard, { mark, configHash, ...parts, seen, ...live }));
    this.#committed = mark;
  }

  /** Forgets what has been in the lake for a while. What fails here is tried again after the next commit. */
  async #trim(mark: Mark): Promise<void> {
    const { stream, shard, keepLogMs = 3_600_000, onError } = this.#options;
    this.#ends.push(mark);
    const kept = this.#ends.findIndex((end) => end.clockAt > mark.clockAt - keepLogMs);
    const last = this.#ends[kept - 1];
    if (!last) return;
    try {
      await stream.trim(shard, last.position);
      this.#ends.splice(0, kept);
    } catch (error) {
      onError?.(asError(error), 0);
    }
  }

  /** Tries until it works, or the signal has aborted: skipping would lose events, and stopping would too, later. */
  async #persist<T>(step: () => Promise<T>): Promise<T> {
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(waitMs * 2, this.#maxRetryMs)) {
      try {
        return await step();
      } catch (error) {
        if (this.#options.signal.aborted) throw error;
        await this.#wait(error, waitMs);
      }
    }
  }

  async #wait(error: unknown, waitMs: number): Promise<void> {
    this.#options.onError?.(asError(error), waitMs);
    await sleep(waitMs, this.#options.signal);
  }

  get #maxRetryMs(): number {
    return this.#options.maxRetryMs ?? 30_000;
  }

  #engineOptions(): SessionizerOptions {
    const { maxOpenWindows, hashSeed, maxSeenBytes = 256 * 1024 * 1024 } = this.#options;
    return {
      ...(this.#store && { seen: { store: this.#store, maxBytes: maxSeenBytes } }),
      ...(maxOpenWindows !== undefined && { maxOpenWindows }),
      ...(hashSeed !== undefined && { hashSeed }),
      ...(this.#live && {
        // Live sessions outlive the records whose memory the texts of events hold.
        onCounted: (event, arrivedAt) => this.#end(this.#live?.push(copyOf(event), arrivedAt) ?? []),
      }),
    };
  }

  #after(): { after?: string } {
    return this.#position === '' ? {} : { after: this.#position };
  }
}

/** Below 0 if `a` comes before `b`. */
function compareMarks(a: Mark, b: Mark): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  return a.clockAt - b.clockAt || Number(a.drained) - Number(b.drained);
}

function asError(fault: unknown): Error {
  return fault instanceof Error ? fault : new Error(String(fault));
}

function showMark({ position, clockAt }: Mark): string {
  return `${position || 'nothing'} (${new Date(clockAt).toISOString()})`;
}

function copyOf(event: EventHead): EventHead {
  return JSON.parse(JSON.stringify(event)) as EventHead;
}

function append<T>(list: T[], more: readonly T[], from = 0): void {
  for (let i = from; i < more.length; i += 1) list.push(more[i] as T);
}

function sleep(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, waitMs);
    signal.addEventListener('abort', wake);
    if (signal.aborted) wake();
  });
}
