import type { SeenRun, SeenStore } from './engine/seen-events.ts';
import type { ClickEvent, Mark, SessionRow } from '@taphouse/schema';

/** Where the pump keeps what it must know after a restart. One `save` is one transaction. */
export interface PumpState {
  /** What was last saved for the shard, or undefined at the first start. */
  load(shard: string): Promise<Checkpoint | undefined>;
  save(shard: string, change: CheckpointChange): Promise<void>;
  /** The memory of event ids, if it is kept apart from the parts: then memory holds only what was lately used. */
  seen?(shard: string): SeenStore;
}

/** The engine at a point of a shard. */
export interface Checkpoint {
  mark: Mark;
  /** Names the window and all else that decides which rows come out; a different one closes the old windows early. */
  configHash: string;
  /** Open windows and deduplication memory, as `Sessionizer.changes` gave them; ordered by id. */
  parts: readonly StatePart[];
  /** Live sessions, as `LagSessions.snapshot` gave them. */
  live?: Uint8Array;
}

/** One step from a checkpoint to the next: a commit saves what has changed, not all there is. */
export interface CheckpointChange {
  mark: Mark;
  configHash: string;
  put: readonly StatePart[];
  /** Ids of parts no longer needed. */
  drop: readonly number[];
  /** Runs of event ids to put in the place of what `seen` has of them. */
  seen?: readonly SeenRun[];
  live?: Uint8Array;
}

export interface StatePart {
  /** Whole number that grows from part to part. */
  id: number;
  bytes: Uint8Array;
}

/** Where rows end: the lake. */
export interface Sink {
  /** The furthest mark that any table has of this shard, or undefined. */
  mark(shard: string): Promise<Mark | undefined>;
  /**
   * Writes one commit's rows, durably, before it resolves. Called again after a crash with the same `from` and `mark`
   * and the same rows, it changes nothing where it had succeeded.
   */
  write(commit: Commit): Promise<void>;
}

/** All that happened on a shard between two marks. */
export interface Commit {
  shard: string;
  configHash: string;
  /** Position of the mark before, or null at the first commit. Exclusive. */
  from: string | null;
  /** Inclusive end. */
  mark: Mark;
  /** Events read, in order, copies included: the rows of `rawdata`. The pump's are decoded from `lines` each time they are asked for. */
  readonly events: readonly ClickEvent[];
  /**
   * The same events as text, for a sink that can take that and so need not ask for `events`: JSON lines in UTF-8, whole ones in each
   * piece. A line is an event, or several: `ownKey` then has what each says of itself, and the line beside it what they share.
   * Good until `write` resolves: then the memory serves the next commit.
   */
  readonly lines?: readonly Uint8Array[];
  /** Whether `received_at` never goes back in `lines`. */
  readonly linesInOrder?: boolean;
  /** Windows closed: the rows of `aggregated`. */
  rows: readonly SessionRow[];
  /** Step of the windows in `rows`, milliseconds. */
  stepMs: number;
}
