/** One record: one batch's events of one partition key, as JSON lines. */
export interface StreamRecord {
  /** Records of one key stay in order. See `partitionKey` in `@taphouse/schema`. */
  partitionKey: string;
  /** At most 1 MiB of UTF-8, the key included. */
  data: string;
}

/** A record as it is read back. */
export interface StoredRecord extends StreamRecord {
  /** Opaque, fixed width: within a shard, string order is record order. */
  position: string;
  /** When the stream took it, milliseconds since 1970 UTC; never smaller than that of an earlier record of the shard. */
  arrivedAt: number;
}

/** What one read step gives. */
export interface Slice {
  /** In order. Empty in a tick, which a reader at the end of a silent shard gets about once a second. */
  records: readonly StoredRecord[];
  /** The arrival clock: every record still to come has `arrivedAt >= clockAt`. */
  clockAt: number;
}

export interface ReadOptions {
  /** Start behind this position; from the oldest record kept if absent. */
  after?: string;
  /** Most records in a slice. Default 1,000. */
  maxRecords?: number;
  /** Ends the reading; the iteration then ends without an error. */
  signal?: AbortSignal;
}

/**
 * A durable, ordered log of records in shards: the only thing the collector writes and the engine reads.
 * `memory` is its specification, and `testStream` in `./conformance` its definition.
 */
export interface Stream {
  /**
   * Resolves when all records are durable, in the given order per key; stores all or nothing where the medium can
   * (memory, log). Rejects with `StreamFullError` or `StreamUnavailableError`, and then the caller may try again.
   */
  append(records: readonly StreamRecord[]): Promise<void>;
  /** Ids of the shards to read. */
  shards(): Promise<readonly string[]>;
  /** Reads a shard in order, waiting at its end. */
  read(shard: string, options?: ReadOptions): AsyncIterable<Slice>;
  /** Forgets records up to and including `position`, where the medium can (Kinesis forgets by age). */
  trim(shard: string, position: string): Promise<void>;
  /** Finishes appends in flight and lets go of the medium. */
  close(): Promise<void>;
}

/** The medium is full or over its bound: nothing was stored. */
export class StreamFullError extends Error {
  override readonly name = 'StreamFullError';
}

/** The medium failed or is closed: the records may or may not be stored, and an event_id sorts that out. */
export class StreamUnavailableError extends Error {
  override readonly name = 'StreamUnavailableError';
}
