import type { PutRecordsRequestEntry, PutRecordsResultEntry } from '@aws-sdk/client-kinesis';
import { StreamFullError, type StreamRecord, StreamUnavailableError } from '../stream.ts';
import { type BackOff, backOffMs } from './back-off.ts';
import { describeFault, type FaultKind, kindOfFault } from './kinesis-fault.ts';

export interface PutQueueOptions {
  /** For messages. */
  streamName: string;
  /** One PutRecords: a result for each entry, at its index. */
  put: (entries: PutRecordsRequestEntry[]) => Promise<readonly PutRecordsResultEntry[]>;
  /** How long an append is tried before it rejects, milliseconds. */
  giveUpMs: number;
  /** Most bytes that wait or are under way; an append over it is refused. */
  maxPendingBytes: number;
  /** Most requests under way at once. */
  maxRequests: number;
  /** Milliseconds, of any clock that goes forward. */
  now: () => number;
  backOff: BackOff;
}

/** Records on their way into a stream. */
export interface PutQueue {
  /** Resolves when all records are in; rejects when it is clear that they are not all going to be. */
  append(records: readonly StreamRecord[]): Promise<void>;
  /** Resolves when no append is under way. */
  settled(): Promise<void>;
}

/** PutRecords takes so many records, and so many bytes of data and keys. */
const maxEntries = 500;
const maxRequestBytes = 10 * 1024 ** 2;

interface Append {
  records: number;
  stored: number;
  bytes: number;
  giveUpAt: number;
  /** Whether a request that failed may have stored some of it all the same. */
  unsure: boolean;
  settled: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

interface Fault {
  kind: FaultKind;
  words: string;
  cause?: unknown;
}

/** Why a record is late that was never sent. */
const behindOthers: Fault = { kind: 'passing', words: 'records of the same key before it were not taken' };

interface Entry {
  data: Uint8Array;
  bytes: number;
  failures: number;
  /** The last one. */
  fault: Fault;
  append: Append;
}

/** Records of one key, in order. Only the first may be under way: a later one would overtake it if it failed. */
interface Lane {
  key: string;
  waiting: Entry[];
}

interface Sent {
  lane: Lane;
  entry: Entry;
}

/**
 * Sends records by PutRecords: many appends share a request, a request has one record of a key at most (Kinesis keeps
 * no order inside a request), and what failed is tried again while later records of its key wait behind it.
 */
export function createPutQueue(options: PutQueueOptions): PutQueue {
  const { backOff, giveUpMs, maxPendingBytes, maxRequests, now, put, streamName } = options;
  const encoder = new TextEncoder();
  const lanes = new Map<string, Lane>();
  /** Lanes whose first record may be sent, in the order of their turn. */
  const ready = new Set<Lane>();
  const unsettled = new Set<Promise<void>>();
  let pendingBytes = 0;
  let requests = 0;
  let sendPlanned = false;

  return {
    async append(records) {
      if (records.length === 0) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const append: Append = {
        records: records.length,
        stored: 0,
        bytes: 0,
        giveUpAt: now() + giveUpMs,
        unsure: false,
        settled: false,
        resolve,
        reject,
      };
      const entries = records.map(({ data }) => entryOf(encoder.encode(data), append));
      append.bytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
      takeRoom(append.bytes);
      for (const [i, { partitionKey }] of records.entries()) enqueue(partitionKey, entries[i]!);
      planSend();
      unsettled.add(promise);
      await promise.finally(() => unsettled.delete(promise));
    },

    async settled() {
      while (unsettled.size > 0) await Promise.allSettled(unsettled);
    },
  };

  function takeRoom(bytes: number): void {
    if (pendingBytes + bytes > maxPendingBytes && pendingBytes > 0)
      throw new StreamFullError(
        `stream ${streamName}: ${pendingBytes} bytes wait to be taken, limit ${maxPendingBytes} (maxPendingBytes); add shards, or send less`,
      );
    pendingBytes += bytes;
  }

  function enqueue(key: string, entry: Entry): void {
    const lane = lanes.get(key);
    if (lane) {
      lane.waiting.push(entry);
      return;
    }
    const opened = { key, waiting: [entry] };
    lanes.set(key, opened);
    ready.add(opened);
  }

  /** Sends at the end of this turn of the event loop, so that appends of one turn share a request. */
  function planSend(): void {
    if (sendPlanned) return;
    sendPlanned = true;
    setImmediate(() => {
      sendPlanned = false;
      while (requests < maxRequests) {
        const batch = takeBatch();
        if (batch.length === 0) return;
        void request(batch);
      }
    });
  }

  function takeBatch(): Sent[] {
    const batch: Sent[] = [];
    let bytes = 0;
    for (const lane of ready) {
      const entry = firstLive(lane);
      if (!entry) continue;
      const entryBytes = entry.bytes + Buffer.byteLength(lane.key);
      if (batch.length === maxEntries || bytes + entryBytes > maxRequestBytes) break;
      bytes += entryBytes;
      ready.delete(lane);
      batch.push({ lane, entry });
    }
    return batch;
  }

  /** First record of a lane whose append still wants it; a lane without any is closed. */
  function firstLive(lane: Lane): Entry | undefined {
    while (true) {
      const entry = lane.waiting[0];
      if (entry === undefined) {
        ready.delete(lane);
        lanes.delete(lane.key);
        return undefined;
      }
      if (!entry.append.settled && now() > entry.append.giveUpAt) giveUp(entry.append, entry.fault);
      if (!entry.append.settled) return entry;
      lane.waiting.shift();
    }
  }

  async function request(batch: readonly Sent[]): Promise<void> {
    requests += 1;
    const failed: Sent[] = [];
    try {
      const results = await put(batch.map(({ lane, entry }) => ({ PartitionKey: lane.key, Data: entry.data })));
      for (const [i, sent] of batch.entries()) {
        const result = results[i];
        if (result?.SequenceNumber !== undefined && result.ErrorCode === undefined) stored(sent);
        else if (fails(sent, faultOf(result))) failed.push(sent);
      }
    } catch (error) {
      const kind = kindOfFault(error);
      const fault = { kind, words: describeFault(error), cause: error };
      for (const sent of batch) if (fails(sent, fault)) failed.push(sent);
    }
    requests -= 1;
    restLanes(failed);
    planSend();
  }

  function stored({ lane, entry: { append } }: Sent): void {
    lane.waiting.shift();
    ready.add(lane);
    append.stored += 1;
    if (append.stored < append.records || append.settled) return;
    settle(append);
    append.resolve();
  }

  /** Counts a failure; true if the record is to be tried again. */
  function fails({ lane, entry }: Sent, fault: Fault): boolean {
    const { append } = entry;
    entry.failures += 1;
    entry.fault = fault;
    if (fault.kind === 'passing') append.unsure = true;
    if (!append.settled && (fault.kind === 'final' || now() >= append.giveUpAt)) giveUp(append, fault);
    if (!append.settled) return true;
    ready.add(lane);
    return false;
  }

  /** What failed in one request rests and comes back together. */
  function restLanes(failed: readonly Sent[]): void {
    if (failed.length === 0) return;
    const failures = Math.max(...failed.map(({ entry }) => entry.failures));
    setTimeout(
      () => {
        for (const { lane } of failed) ready.add(lane);
        planSend();
      },
      backOffMs(failures, backOff),
    );
  }

  function giveUp(append: Append, { kind, words, cause }: Fault): void {
    settle(append);
    const { records, stored: taken, unsure } = append;
    const what = `stream ${streamName}: ${records - taken} of ${records} records not taken`;
    const options = cause === undefined ? {} : { cause };
    if (kind === 'throttled' && !unsure && taken === 0)
      append.reject(new StreamFullError(`${what} for ${giveUpMs} ms (${words}); add shards, or send less`, options));
    else if (kind === 'final')
      append.reject(new StreamUnavailableError(`${what} (${words}); run taphouse doctor`, options));
    else
      append.reject(
        new StreamUnavailableError(`${what} for ${giveUpMs} ms (${words}); try again, copies do no harm`, options),
      );
  }

  function settle(append: Append): void {
    append.settled = true;
    pendingBytes -= append.bytes;
  }
}

/** Fault of one record in an answer; a record without an answer may be in the stream. */
function faultOf(result: PutRecordsResultEntry | undefined): Fault {
  if (!result?.ErrorCode) return { kind: 'passing', words: 'no answer for a record' };
  const kind = result.ErrorCode === 'ProvisionedThroughputExceededException' ? 'throttled' : 'passing';
  return { kind, words: `${result.ErrorCode}: ${result.ErrorMessage ?? ''}` };
}

function entryOf(data: Uint8Array, append: Append): Entry {
  return { data, bytes: data.length, failures: 0, fault: behindOthers, append };
}
