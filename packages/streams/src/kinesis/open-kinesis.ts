import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type Shard,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis';
import { checkRecords } from '../check-records.ts';
import { type ReadOptions, type Slice, type Stream, type StreamRecord, StreamUnavailableError } from '../stream.ts';
import { type BackOff, backOffMs, rest } from './back-off.ts';
import { type ConnectOptions, connectKinesis, targetOf } from './kinesis-client.ts';
import { describeFault, kindOfFault } from './kinesis-fault.ts';
import { createPutQueue, type PutQueue } from './put-queue.ts';
import { readShard } from './read-shard.ts';

export interface KinesisOptions extends ConnectOptions {
  /** How long an append is tried before it rejects, milliseconds. Default 10,000. */
  giveUpMs?: number;
  /** Most bytes of appends under way; more are refused. Default 64 MiB. */
  maxPendingBytes?: number;
  /** Most PutRecords under way at once. Default 8. */
  maxRequests?: number;
  /** Between two reads of a shard at its end, milliseconds; a shard takes 5 reads a second of all its readers. Default 500. */
  pollMs?: number;
  /** Between two ticks of a silent shard, milliseconds. Default 1,000. */
  tickMs?: number;
  /** How far ticks stay behind the service's clock, milliseconds: its stamps are approximate. Default 2,000. */
  clockMarginMs?: number;
  /** Whether to look at the stream before anything else, as `taphouse doctor` does. Default true. */
  check?: boolean;
  /** After each read, with how far behind the end of the shard it was. Must not throw. */
  onRead?: (shard: string, behindMs: number) => void;
  /** At each read that failed; it is tried again. Must not throw. */
  onError?: (error: Error, retryInMs: number) => void;
  /** Wait after a first failure, milliseconds; it doubles up to 2,000. Default 50. */
  firstRetryMs?: number;
  /** 0 to 1, 1 excluded, to spread what is tried again. Default `Math.random`. */
  random?: () => number;
}

/** A shard and where its keys came from. */
export interface ShardLineage {
  shard: string;
  /** Shards that it was split or merged from: theirs are the earlier records of its keys. */
  parents: readonly string[];
}

/** A stream that may be split into more shards, and merged into fewer, while it is read. */
export interface KinesisStream extends Stream {
  /** All shards that still hold records, oldest first, with their parents; see `followShards`. */
  lineage(): Promise<readonly ShardLineage[]>;
}

/**
 * Opens a Kinesis data stream.
 *
 * @example
 * const stream = await openKinesis({ streamName: 'clicks', region: 'eu-west-1' });
 * await stream.append([{ partitionKey: 'visitor-1', data: '{"event_id":"e-1"}' }]);
 *
 * @throws StreamUnavailableError if there is no such stream, it can not be reached, or it ignores partition keys
 */
export async function openKinesis(options: KinesisOptions): Promise<KinesisStream> {
  const stream = new Kinesis(options);
  if (options.check ?? true) await stream.check();
  return stream;
}

class Kinesis implements KinesisStream {
  readonly #options: KinesisOptions;
  readonly #client: KinesisClient;
  readonly #queue: PutQueue;
  readonly #backOff: BackOff;
  readonly #giveUpMs: number;
  readonly #closing = new AbortController();

  constructor(options: KinesisOptions) {
    this.#options = options;
    this.#client = connectKinesis(options);
    this.#backOff = { firstMs: options.firstRetryMs ?? 50, random: options.random ?? Math.random };
    this.#giveUpMs = options.giveUpMs ?? 10_000;
    this.#queue = createPutQueue({
      streamName: options.streamName,
      put: async (Records) => {
        const answer = await this.#client.send(new PutRecordsCommand({ ...targetOf(options.streamName), Records }));
        return answer.Records ?? [];
      },
      giveUpMs: this.#giveUpMs,
      maxPendingBytes: options.maxPendingBytes ?? 64 * 1024 ** 2,
      maxRequests: options.maxRequests ?? 8,
      now: () => performance.now(),
      backOff: this.#backOff,
    });
  }

  /** Waits for a stream that is being made, and refuses one that keeps no order. */
  async check(): Promise<void> {
    const startedAt = performance.now();
    while (true) {
      const summary = await this.#describe();
      const refusal = refusalOf(summary, this.#options.streamName);
      if (refusal !== null) throw new StreamUnavailableError(refusal);
      if (summary.StreamStatus !== 'CREATING') return;
      if (performance.now() - startedAt > this.#giveUpMs)
        throw new StreamUnavailableError(
          `stream ${this.#options.streamName}: still being made after ${this.#giveUpMs} ms; try again`,
        );
      await rest(100);
    }
  }

  async #describe(): Promise<StreamDescriptionSummary> {
    const command = new DescribeStreamSummaryCommand(targetOf(this.#options.streamName));
    const answer = await this.#ask(() => this.#client.send(command));
    return answer.StreamDescriptionSummary!;
  }

  /** Asks until there is an answer, for as long as an append is tried. */
  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.#giveUpMs;
    for (let failures = 1; ; failures += 1) {
      try {
        return await ask();
      } catch (cause) {
        if (kindOfFault(cause) === 'final' || performance.now() >= giveUpAt || this.#closing.signal.aborted)
          throw new StreamUnavailableError(
            `stream ${this.#options.streamName}: ${describeFault(cause)}; run taphouse doctor`,
            { cause },
          );
      }
      await rest(backOffMs(failures, this.#backOff), this.#closing.signal);
    }
  }

  async append(records: readonly StreamRecord[]): Promise<void> {
    if (this.#closing.signal.aborted) throw new StreamUnavailableError(`stream ${this.#options.streamName}: closed`);
    checkRecords(records);
    await this.#queue.append(records);
  }

  async shards(): Promise<readonly string[]> {
    return (await this.lineage()).map(({ shard }) => shard);
  }

  async lineage(): Promise<readonly ShardLineage[]> {
    const found: Shard[] = [];
    let NextToken: string | undefined;
    do {
      const command = new ListShardsCommand(
        NextToken === undefined ? targetOf(this.#options.streamName) : { NextToken },
      );
      const answer = await this.#ask(() => this.#client.send(command));
      found.push(...(answer.Shards ?? []));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    // Numbered as they were made: a parent comes before its children.
    return found.map(lineageOf).toSorted((a, b) => (a.shard < b.shard ? -1 : 1));
  }

  read(shard: string, { after, maxRecords = 1000, signal }: ReadOptions = {}): AsyncIterable<Slice> {
    const { clockMarginMs = 2000, onError, onRead, pollMs = 500, streamName, tickMs = 1000 } = this.#options;
    const closing = this.#closing.signal;
    return readShard({
      client: this.#client,
      streamName,
      shard,
      after,
      maxRecords,
      pollMs,
      tickMs,
      clockMarginMs,
      backOff: this.#backOff,
      onError,
      onRead,
      signal: signal ? AbortSignal.any([closing, signal]) : closing,
    });
  }

  /** Nothing: Kinesis forgets records by their age. */
  async trim(): Promise<void> {}

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#queue.settled();
    this.#client.destroy();
  }
}

/** Why a stream must not be written to, or null. */
export function refusalOf(summary: StreamDescriptionSummary, streamName: string): string | null {
  if (summary.RecordDistributionStrategy === 'AUTO')
    return `stream ${streamName}: record distribution is AUTO, which ignores partition keys, so that a visitor's events lose their order; set it to USER_PARTITION_KEY`;
  if (summary.StreamStatus === 'DELETING')
    return `stream ${streamName}: is being deleted; make it again, or use another`;
  return null;
}

function lineageOf({ ShardId, ParentShardId, AdjacentParentShardId }: Shard): ShardLineage {
  return { shard: ShardId!, parents: [ParentShardId, AdjacentParentShardId].filter((parent) => parent !== undefined) };
}
