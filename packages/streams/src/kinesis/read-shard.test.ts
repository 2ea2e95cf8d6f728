import { afterEach, expect, it } from 'vitest';
import { type Slice, StreamUnavailableError } from '../stream.ts';
import { type KinesisOptions, type KinesisStream, openKinesis } from './open-kinesis.ts';
import { type Answers, serveAnswers } from './testing/serve-answers.ts';
import { localAccess } from './testing/start-kinesis.ts';

const time = 1_800_000_000_000;
let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

/** A stream of one shard that gives one answer of `reads` after the other to GetRecords, then none. */
async function openOn(
  reads: object[],
  { dateAt, ...options }: Partial<KinesisOptions> & { dateAt?: number } = {},
): Promise<{ stream: KinesisStream; iterators: Record<string, unknown>[] }> {
  const iterators: Record<string, unknown>[] = [];
  const answers: Answers = {
    GetShardIterator: (input) => {
      iterators.push(input);
      return { ShardIterator: `iterator ${iterators.length}` };
    },
    GetRecords: () => reads.shift() ?? { Records: [], MillisBehindLatest: 0, NextShardIterator: 'more' },
  };
  const served = await serveAnswers(answers, () =>
    dateAt === undefined ? {} : { date: new Date(dateAt).toUTCString() },
  );
  const common = { streamName: 'clicks', endpoint: served.url, ...localAccess, check: false };
  const stream = await openKinesis({ ...common, pollMs: 1, tickMs: 1, firstRetryMs: 1, ...options });
  stop = async () => {
    await stream.close();
    served.stop();
  };
  return { stream, iterators };
}

function got(...records: [n: number, arrivedAt: number][]): object {
  return {
    Records: records.map(([n, arrivedAt]) => ({
      SequenceNumber: String(n),
      ApproximateArrivalTimestamp: arrivedAt / 1000,
      PartitionKey: 'key',
      Data: Buffer.from(`record ${n}`).toString('base64'),
    })),
    MillisBehindLatest: 0,
    NextShardIterator: 'more',
  };
}

async function take(stream: KinesisStream, slices: number, after?: string): Promise<Slice[]> {
  const taken: Slice[] = [];
  for await (const slice of stream.read('shardId-000000000000', after === undefined ? {} : { after })) {
    taken.push(slice);
    if (taken.length === slices) break;
  }
  return taken;
}

it('makes arrivals that the service stamped out of order go forward', async () => {
  const { stream } = await openOn([got([1, time + 5], [2, time + 3]), got([3, time + 4], [4, time + 9])]);
  const slices = await take(stream, 2);
  const stamps = slices.flatMap(({ records }) => records.map(({ arrivedAt }) => arrivedAt - time));
  expect(stamps).toEqual([5, 5, 5, 9]);
  expect(slices.map(({ clockAt }) => clockAt - time)).toEqual([5, 9]);
});

it("ticks by the service's clock, less the margin, however far off ours is", async () => {
  const { stream } = await openOn([], { dateAt: time, clockMarginMs: 2000 });
  const [tick] = await take(stream, 1);
  expect(tick!.records).toEqual([]);
  expect(tick!.clockAt).toBeLessThanOrEqual(time - 2000);
  expect(tick!.clockAt % 1).toBe(0);
  expect(tick!.clockAt).toBeGreaterThan(time - 62_000);
});

it('gives no record an arrival before a tick', async () => {
  const reads = [got([1, time]), got(), got([2, time + 1])];
  const { stream } = await openOn(reads, { dateAt: time + 10_000, clockMarginMs: 0, tickMs: 0 });
  const [, tick, last] = await take(stream, 3);
  expect(tick!.records).toEqual([]);
  expect(tick!.clockAt).toBeGreaterThan(time + 1);
  expect(last!.records[0]!.arrivedAt).toBe(tick!.clockAt);
});

it('does not tick while it is behind, and tells how far that is', async () => {
  const behind = { Records: [], MillisBehindLatest: 60_000, NextShardIterator: 'more' };
  const told: [string, number][] = [];
  const onRead = (shard: string, behindMs: number): void => void told.push([shard, behindMs]);
  const { stream } = await openOn([behind, behind, got([1, time])], { dateAt: time, onRead });
  const [first] = await take(stream, 1);
  expect(first!.records).toHaveLength(1);
  expect(told).toEqual([60_000, 60_000, 0].map((behindMs) => ['shardId-000000000000', behindMs]));
});

it('begins behind a position, and again behind the last record when its iterator has expired', async () => {
  const expired = { __type: 'ExpiredIteratorException', message: 'Iterator expired' };
  const { stream, iterators } = await openOn([got([8, time]), expired, got([9, time])]);
  await take(stream, 2, '7'.padStart(56, '0'));
  expect(iterators.map(({ StartingSequenceNumber }) => StartingSequenceNumber)).toEqual(['7', '8']);
});

it('waits out what passes, and tells of it', async () => {
  const throttled = { __type: 'ProvisionedThroughputExceededException', message: 'Rate exceeded' };
  const told: string[] = [];
  const { stream } = await openOn([throttled, throttled, got([1, time])], {
    onError: ({ message }) => told.push(message),
  });
  await take(stream, 1);
  expect(told).toEqual(
    Array.from(
      { length: 2 },
      () =>
        'stream clicks, shard shardId-000000000000: ProvisionedThroughputExceededException: Rate exceeded; reading goes on when it works again',
    ),
  );
});

it('ends with an error when reading will never work', async () => {
  const { stream } = await openOn([{ __type: 'AccessDeniedException', message: 'not authorized' }]);
  const reading = take(stream, 1);
  await expect(reading).rejects.toThrow(StreamUnavailableError);
  await expect(reading).rejects.toThrow('AccessDeniedException: not authorized; run taphouse doctor');
});

it('ends without an error at the end of a shard that was split', async () => {
  const { stream } = await openOn([got([1, time]), { Records: [], MillisBehindLatest: 0 }]);
  expect((await take(stream, 10)).flatMap(({ records }) => records)).toHaveLength(1);
});
