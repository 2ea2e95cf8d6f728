import { MergeShardsCommand, SplitShardCommand, DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { StoredRecord, StreamRecord } from '../stream.ts';
import { followShards } from './follow-shards.ts';
import { type KinesisOptions, type KinesisStream, openKinesis } from './open-kinesis.ts';
import { type FaultProxy, startFaultProxy } from './testing/fault-proxy.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { type LocalKinesis, localAccess, startKinesis } from './testing/start-kinesis.ts';

/** Rounds of the delivery test, of so many batches; more are for CI. */
const rounds = Number(process.env.TAPHOUSE_ROUNDS ?? 1);
const batches = 150;

let kinesis: LocalKinesis;
let proxy: FaultProxy | undefined;
let stream: KinesisStream | undefined;
beforeAll(async () => {
  kinesis = await startKinesis();
}, 60_000);
afterAll(() => kinesis.stop());
afterEach(async () => {
  await stream?.close();
  await proxy?.stop();
});

async function open(streamName: string, options: Partial<KinesisOptions> = {}): Promise<KinesisStream> {
  stream = await openKinesis({
    streamName,
    endpoint: proxy!.url,
    ...localAccess,
    firstRetryMs: 2,
    pollMs: 5,
    giveUpMs: 60_000,
    // A local Kinesis takes one request after the other, and may be slow at it.
    maxRequests: 2,
    requestTimeoutMs: 20_000,
    ...options,
  });
  return stream;
}

it(
  'loses nothing and keeps the order of each key, with records throttled, requests failed and answers lost',
  { timeout: 60_000 * rounds },
  async () => {
    const random = seededRandom(11);
    proxy = await startFaultProxy(
      kinesis.url,
      { throttledRecords: 0.3, failedRequests: 0.05, cutRequests: 0.02, lostAnswers: 0.15, expiredIterators: 0.02 },
      random,
    );
    const written = await open(await kinesis.createStream(4));
    const sent = new Map<string, string[]>();
    const appends: Promise<void>[] = [];
    for (let i = 0; i < batches * rounds; i += 1) {
      if (i % batches === 0) await Promise.all(appends);
      // Few keys, so that many appends of one key are under way.
      const keys = new Set(
        Array.from({ length: 1 + Math.floor(random() * 20) }, () => `key ${Math.floor(random() * 60)}`),
      );
      const records = [...keys].map((partitionKey) => ({ partitionKey, data: `${i}` }));
      for (const { partitionKey, data } of records) sent.set(partitionKey, [...(sent.get(partitionKey) ?? []), data]);
      appends.push(written.append(records));
      if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await Promise.all(appends);
    const found = await readUntil(written, (records) => countDistinct(records) === countAll(sent));
    expect(byKey(found)).toEqual(sortedByKey(sent));
    // Answers were lost.
    expect(found.length).toBeGreaterThan(countAll(sent));
    const { doubledKeys, happened, illegal } = proxy.traffic;
    expect({ illegal, doubledKeys }).toEqual({ illegal: [], doubledKeys: 0 });
    expect(Math.min(happened.throttledRecords, happened.failedRequests, happened.lostAnswers)).toBeGreaterThan(0);
  },
);

it('keeps the order of each key while shards are split and merged', async () => {
  proxy = await startFaultProxy(kinesis.url, { throttledRecords: 0.1, expiredIterators: 0.02 }, seededRandom(3));
  const streamName = await kinesis.createStream();
  const written = await open(streamName);
  const sent = new Map<string, string[]>();
  let next = 0;
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      const keys = Array.from({ length: 8 }, (_, k) => `key ${(next + k * 3) % 24}`);
      for (const key of keys) sent.set(key, [...(sent.get(key) ?? []), `${next}`]);
      await written.append(keys.map((key) => record(key, `${next}`)));
      next += 1;
    }
  };
  const found: StoredRecord[] = [];
  const begun: string[] = [];
  const abort = new AbortController();
  const following = followShards(
    written,
    async (shard, signal) => {
      begun.push(shard);
      for await (const slice of written.read(shard, { signal })) found.push(...slice.records);
    },
    { signal: abort.signal, lookEveryMs: 20 },
  );
  await send(10);
  await reshard(streamName, { NewStartingHashKey: (2n ** 127n).toString(), ShardToSplit: 'shardId-000000000000' });
  await send(10);
  await reshard(streamName, { ShardToMerge: 'shardId-000000000001', AdjacentShardToMerge: 'shardId-000000000002' });
  await send(10);
  await expect.poll(() => found.length, { timeout: 20_000 }).toBe(countAll(sent));
  abort.abort();
  await following;
  expect(byKey(found)).toEqual(sortedByKey(sent));
  expect(begun).toEqual([0, 1, 2, 3].map((n) => `shardId-00000000000${n}`));
  expect(await written.shards()).toEqual(begun);
});

function record(partitionKey: string, data: string): StreamRecord {
  return { partitionKey, data };
}

type Reshard =
  | { ShardToSplit: string; NewStartingHashKey: string }
  | { ShardToMerge: string; AdjacentShardToMerge: string };

async function reshard(StreamName: string, how: Reshard): Promise<void> {
  if ('ShardToSplit' in how) await kinesis.client.send(new SplitShardCommand({ StreamName, ...how }));
  else await kinesis.client.send(new MergeShardsCommand({ StreamName, ...how }));
  const status = async (): Promise<string | undefined> => {
    const answer = await kinesis.client.send(new DescribeStreamSummaryCommand({ StreamName }));
    return answer.StreamDescriptionSummary?.StreamStatus;
  };
  await expect.poll(status, { timeout: 20_000 }).toBe('ACTIVE');
}

/** Reads all shards until there is enough. */
async function readUntil(from: KinesisStream, enough: (records: StoredRecord[]) => boolean): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  const abort = new AbortController();
  const reading = (await from.shards()).map(async (shard) => {
    for await (const { records } of from.read(shard, { signal: abort.signal })) {
      found.push(...records);
      if (records.length > 0 && enough(found)) abort.abort();
    }
  });
  await Promise.all(reading);
  return found;
}

/** First copies of each key, in the order of the stream. */
function byKey(records: readonly StoredRecord[]): Record<string, string[]> {
  const keys = Map.groupBy(records, ({ partitionKey }) => partitionKey);
  return sortedByKey(new Map([...keys].map(([key, of]) => [key, [...new Set(of.map(({ data }) => data))]])));
}

function sortedByKey(keys: ReadonlyMap<string, string[]>): Record<string, string[]> {
  return Object.fromEntries([...keys].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function countDistinct(records: readonly StoredRecord[]): number {
  return new Set(records.map(({ partitionKey, data }) => `${partitionKey}\n${data}`)).size;
}

function countAll(sent: ReadonlyMap<string, string[]>): number {
  return [...sent.values()].reduce((sum, { length }) => sum + length, 0);
}
