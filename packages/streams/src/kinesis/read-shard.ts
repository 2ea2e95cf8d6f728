import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  type _Record as KinesisRecord,
} from '@aws-sdk/client-kinesis';
import { type Slice, type StoredRecord, StreamUnavailableError } from '../stream.ts';
import { type BackOff, backOffMs, rest } from './back-off.ts';
import { targetOf } from './kinesis-client.ts';
import { describeFault, kindOfFault, nameOfFault } from './kinesis-fault.ts';
import { fromSequencePosition, toSequencePosition } from './sequence-position.ts';

export interface ReadShardOptions {
  client: KinesisClient;
  streamName: string;
  shard: string;
  after: string | undefined;
  maxRecords: number;
  pollMs: number;
  tickMs: number;
  clockMarginMs: number;
  backOff: BackOff;
  onError: ((error: Error, retryInMs: number) => void) | undefined;
  onRead: ((shard: string, behindMs: number) => void) | undefined;
  signal: AbortSignal;
}

/** Most records that GetRecords gives. */
const maxGetRecords = 10_000;
/** A shard takes 5 reads a second. */
const minReadEveryMs = 200;

/**
 * Reads a shard in order, waiting at its end; ends when the shard was closed by a split or merge and is read up, or
 * when the signal aborts. Throttling and lost connections are waited out.
 *
 * @throws RangeError if the shard or the position is not of this stream
 * @throws StreamUnavailableError if the stream is gone, or not ours to read
 */
export async function* readShard(options: ReadShardOptions): AsyncIterable<Slice> {
  const { pollMs, tickMs, signal } = options;
  const reader = createReader(options);
  let clockAt = 0;
  let tickedAt = performance.now();
  while (!signal.aborted) {
    const startedAt = performance.now();
    const answer = await reader.next();
    if (answer === undefined) continue;
    const records = (answer.Records ?? []).map((record) => {
      clockAt = Math.max(clockAt, record.ApproximateArrivalTimestamp?.getTime() ?? 0);
      return storedRecord(record, clockAt);
    });
    const behindMs = answer.MillisBehindLatest ?? 0;
    options.onRead?.(options.shard, behindMs);
    if (records.length > 0) {
      yield { records, clockAt };
    } else if (behindMs === 0 && performance.now() - tickedAt >= tickMs) {
      tickedAt = performance.now();
      clockAt = Math.max(clockAt, answer.clockAt);
      yield { records, clockAt };
    }
    if (answer.NextShardIterator === undefined) return;
    const everyMs = behindMs > 0 ? Math.min(pollMs, minReadEveryMs) : pollMs;
    await rest(Math.max(0, startedAt + everyMs - performance.now()), signal);
  }
}

/** An answer, and what the service's clock said before it looked. */
type Answer = GetRecordsCommandOutput & { clockAt: number };

interface Reader {
  /** The next records, or undefined if it is to be asked again. */
  next(): Promise<Answer | undefined>;
}

function createReader(options: ReadShardOptions): Reader {
  const { backOff, client, clockMarginMs, maxRecords, onError, shard, signal, streamName } = options;
  // A sequence number, or nothing yet.
  let after = options.after === undefined ? undefined : fromSequencePosition(options.after);
  let iterator: string | undefined;
  let failures = 0;

  return {
    async next() {
      try {
        iterator ??= await startIterator(options, after);
        const answer = await get(iterator);
        failures = 0;
        iterator = answer.NextShardIterator;
        after = answer.Records?.at(-1)?.SequenceNumber ?? after;
        return answer;
      } catch (error) {
        if (signal.aborted) return undefined;
        await afterFault(error);
        return undefined;
      }
    },
  };

  async function get(ShardIterator: string): Promise<Answer> {
    const askedAt = performance.now();
    const command = new GetRecordsCommand({ ShardIterator, Limit: Math.min(maxRecords, maxGetRecords) });
    let answeredAt = Date.now();
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        answeredAt = dateOf(result.response) ?? Date.now();
        return result;
      },
      { step: 'deserialize' },
    );
    const answer = await client.send(command, { abortSignal: signal });
    // What is not in this answer came after it was asked for.
    return { ...answer, clockAt: Math.floor(answeredAt - (performance.now() - askedAt) - clockMarginMs) };
  }

  async function afterFault(error: unknown): Promise<void> {
    if (error instanceof RangeError) throw error;
    if (nameOfFault(error) === 'ExpiredIteratorException') {
      iterator = undefined;
      return;
    }
    const words = `stream ${streamName}, shard ${shard}: ${describeFault(error)}`;
    if (kindOfFault(error) === 'final')
      throw new StreamUnavailableError(`${words}; run taphouse doctor`, { cause: error });
    failures += 1;
    const retryInMs = backOffMs(failures, backOff);
    onError?.(new StreamUnavailableError(`${words}; reading goes on when it works again`, { cause: error }), retryInMs);
    await rest(retryInMs, signal);
  }
}

/** The service's clock, in whole seconds rounded down: ours may be minutes off. */
function dateOf(response: unknown): number | undefined {
  const { date } = (response as { headers?: Record<string, string> }).headers ?? {};
  const at = Date.parse(date ?? '');
  return Number.isNaN(at) ? undefined : at;
}

async function startIterator(
  { client, shard, signal, streamName }: ReadShardOptions,
  after: string | undefined,
): Promise<string> {
  const from =
    after === undefined
      ? ({ ShardIteratorType: 'TRIM_HORIZON' } as const)
      : ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after } as const);
  const command = new GetShardIteratorCommand({ ...targetOf(streamName), ShardId: shard, ...from });
  try {
    const answer = await client.send(command, { abortSignal: signal });
    return answer.ShardIterator!;
  } catch (cause) {
    throw refusesShard(cause, shard)
      ? new RangeError(`shard ${shard}: not in stream ${streamName}, or not the shard of its position`, { cause })
      : cause;
  }
}

function refusesShard(fault: unknown, shard: string): boolean {
  const name = nameOfFault(fault);
  if (name === 'InvalidArgumentException' || name === 'ValidationException') return true;
  return name === 'ResourceNotFoundException' && fault instanceof Error && fault.message.includes(shard);
}

const decoder = new TextDecoder();

function storedRecord({ SequenceNumber, PartitionKey, Data }: KinesisRecord, arrivedAt: number): StoredRecord {
  return {
    position: toSequencePosition(SequenceNumber!),
    partitionKey: PartitionKey ?? '',
    data: decoder.decode(Data),
    arrivedAt,
  };
}
