import { type BatchContext, type ParsedBatch, parseBatch } from '@taphouse/schema';
import { type Stream, StreamFullError, StreamUnavailableError } from '@taphouse/streams';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';
import { deviceTypeOf } from './device-type.ts';
import type { Metrics } from './metrics.ts';
import { toRecords } from './to-records.ts';

/** How a batch ended. */
export interface Outcome {
  status: 204 | 200 | 400 | 401 | 503;
  /** Names the acknowledgement cookie; null if the client gave none, or the batch is not settled. */
  batchId: string | null;
  accepted: number;
  rejected: { index: number; reason: string }[];
  /** Why nothing of the batch was taken, or null. */
  reason: string | null;
}

export interface TakeOptions {
  stream: Pick<Stream, 'append'>;
  deadLetters: DeadLetters;
  metrics: Metrics;
  /** Absent: any key or none is taken. */
  writeKeys: ReadonlySet<string> | undefined;
}

/** Longest beginning of an unreadable body that is kept, characters. */
const maxLetterLength = 2048;

/** Reads a batch, makes its good events durable and keeps the bad ones with their reasons. Resolves only then. */
export async function takeBatch(body: string, context: BatchContext, options: TakeOptions): Promise<Outcome> {
  const { metrics, writeKeys } = options;
  const batch = parseBatch(body, context);
  metrics.count('bytes', '', body.length);
  if (batch.fault !== null) {
    const letter = { received_at: context.receivedAt, index: null, event: body.slice(0, maxLetterLength) };
    await keep([{ ...letter, reason: batch.fault }], options);
    return outcome(400, batch, batch.fault);
  }
  if (writeKeys && !(batch.writeKey !== null && writeKeys.has(batch.writeKey)))
    return outcome(401, batch, 'write_key: unknown; use one the collector was started with');
  const fault = await store(batch, context, options);
  if (fault !== null) return outcome(503, batch, fault);
  metrics.count('events', '', batch.accepted.length);
  metrics.count('dropped', '', batch.dropped);
  await keep(
    batch.rejected.map((rejection) => ({ received_at: context.receivedAt, ...rejection })),
    options,
  );
  if (batch.rejected.length === 0) return outcome(204, batch, null);
  return outcome(batch.accepted.length > 0 ? 200 : 400, batch, null);
}

function outcome(status: Outcome['status'], batch: ParsedBatch, reason: string | null): Outcome {
  const settled = status === 204 || status === 200 || status === 400;
  return {
    status,
    batchId: settled ? batch.batchId : null,
    accepted: settled ? batch.accepted.length : 0,
    rejected: settled ? batch.rejected.map(({ index, reason }) => ({ index, reason })) : [],
    reason,
  };
}

/** Null once durable, or why it is not. */
async function store(
  { accepted }: ParsedBatch,
  { userAgent }: BatchContext,
  options: TakeOptions,
): Promise<string | null> {
  if (accepted.length === 0) return null;
  const deviceType = userAgent === null ? null : deviceTypeOf(userAgent);
  for (const event of accepted) event.device_type ??= deviceType;
  const startedAt = performance.now();
  try {
    await options.stream.append(toRecords(accepted));
  } catch (error) {
    if (error instanceof StreamFullError) return 'collector: its log is full; try again later';
    if (error instanceof StreamUnavailableError) return 'collector: its log takes nothing; try again later';
    throw error;
  }
  options.metrics.appended((performance.now() - startedAt) / 1000);
  return null;
}

/** Keeps letters and counts them. A batch is settled even if they are lost: its good events are stored. */
async function keep(letters: readonly DeadLetter[], { deadLetters, metrics }: TakeOptions): Promise<void> {
  if (letters.length === 0) return;
  for (const { reason } of letters) metrics.count('refused', faultyField(reason));
  try {
    await deadLetters.append(letters);
  } catch {
    metrics.count('lettersLost', '', letters.length);
  }
}

/** `properties` of `properties.size: not text`: names from the client make no metric. */
function faultyField(reason: string): string {
  return /^[a-z_]+/.exec(reason)?.[0] ?? 'other';
}
