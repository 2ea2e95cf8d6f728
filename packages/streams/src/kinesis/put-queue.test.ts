import type { PutRecordsRequestEntry, PutRecordsResultEntry } from '@aws-sdk/client-kinesis';
import { expect, it } from 'vitest';
import { StreamFullError, StreamUnavailableError } from '../stream.ts';
import { createPutQueue, type PutQueueOptions } from './put-queue.ts';

const stored = { SequenceNumber: '1' };
const throttled = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' };
const failed = { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal service failure' };

/** A service of the test's own making: each call's entries as text, and an answer for each. */
function createService(answer: (entry: string, call: number) => PutRecordsResultEntry | undefined) {
  const calls: string[][] = [];
  const put = async (entries: PutRecordsRequestEntry[]): Promise<PutRecordsResultEntry[]> => {
    const call = calls.length;
    const texts = entries.map(({ PartitionKey, Data }) => `${PartitionKey}${new TextDecoder().decode(Data)}`);
    calls.push(texts);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return texts.map((text) => answer(text, call)).filter((result) => result !== undefined);
  };
  return { calls, put };
}

function queueTo(put: PutQueueOptions['put'], options: Partial<PutQueueOptions> = {}) {
  return createPutQueue({
    streamName: 'clicks',
    put,
    giveUpMs: 1000,
    maxPendingBytes: 1_000_000,
    maxRequests: 4,
    now: () => performance.now(),
    backOff: { firstMs: 1, random: Math.random },
    ...options,
  });
}

/** `a1 b1 a2` as records. */
function records(text: string): { partitionKey: string; data: string }[] {
  return text.split(' ').map((word) => ({ partitionKey: word[0]!, data: word.slice(1) }));
}

function fault(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error('as asked for by the test'), { name, $metadata: { httpStatusCode } });
}

it('sends appends of one turn in one request, and one record of a key at a time', async () => {
  const { calls, put } = createService(() => stored);
  const queue = queueTo(put);
  await Promise.all([queue.append(records('a1 b1 a2')), queue.append(records('a3 c1'))]);
  expect(calls).toEqual([['a1', 'b1', 'c1'], ['a2'], ['a3']]);
});

it('sends again what failed, by its index, before later records of its key, and nothing else', async () => {
  const refusals = new Map([
    ['b1', 2],
    ['d1', 1],
  ]);
  const { calls, put } = createService((text) => {
    const left = refusals.get(text) ?? 0;
    refusals.set(text, left - 1);
    return left > 0 ? (text === 'd1' ? failed : throttled) : stored;
  });
  await queueTo(put).append(records('a1 b1 c1 d1 b2 a2'));
  const sent = calls.flat();
  expect(sent.filter((text) => text.startsWith('b'))).toEqual(['b1', 'b1', 'b1', 'b2']);
  expect(sent.filter((text) => text.startsWith('d'))).toEqual(['d1', 'd1']);
  expect(sent.filter((text) => /[ac]/.test(text)).toSorted()).toEqual(['a1', 'a2', 'c1']);
});

it('holds a record of a later append behind a failed one of its key', async () => {
  let refusals = 3;
  const { calls, put } = createService((text) => (text === 'a1' && refusals-- > 0 ? throttled : stored));
  const queue = queueTo(put);
  const first = queue.append(records('a1'));
  await new Promise((resolve) => setTimeout(resolve, 2));
  await Promise.all([first, queue.append(records('a2 b1'))]);
  expect(calls.flat().filter((text) => text.startsWith('a'))).toEqual(['a1', 'a1', 'a1', 'a1', 'a2']);
});

it('sends a whole request again when it failed, or answered for too few', async () => {
  const service = createService((text, call) => (call === 1 && text === 'b1' ? undefined : stored));
  const faults = [fault('InternalFailure', 500), undefined, undefined];
  const put: PutQueueOptions['put'] = async (entries) => {
    const answer = await service.put(entries);
    const thrown = faults.shift();
    if (thrown) throw thrown;
    return answer;
  };
  await queueTo(put).append(records('a1 b1'));
  expect(service.calls).toEqual([['a1', 'b1'], ['a1', 'b1'], ['b1']]);
});

it('has no more requests under way than allowed', async () => {
  let underWay = 0;
  let most = 0;
  const put = async (entries: PutRecordsRequestEntry[]): Promise<PutRecordsResultEntry[]> => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setTimeout(resolve, 2));
    underWay -= 1;
    return entries.map(() => stored);
  };
  const queue = queueTo(put, { maxRequests: 3 });
  const appends: Promise<void>[] = [];
  for (let i = 0; i < 40; i += 1) {
    appends.push(queue.append([{ partitionKey: `key ${i}`, data: '' }]));
    if (i % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(appends);
  expect(most).toBe(3);
});

it('stays under the limits of a request, however much there is to send', async () => {
  const calls: { records: number; bytes: number }[] = [];
  const put: PutQueueOptions['put'] = async (entries) => {
    const sizes = entries.map(({ PartitionKey, Data }) => Buffer.byteLength(PartitionKey!) + Data!.length);
    calls.push({ records: entries.length, bytes: sizes.reduce((sum, size) => sum + size, 0) });
    return entries.map(() => stored);
  };
  const queue = queueTo(put, { maxPendingBytes: 100_000_000 });
  const large = Array.from({ length: 32 }, (_, i) => ({ partitionKey: `é ${i}`, data: 'é'.repeat(524_000) }));
  const small = Array.from({ length: 1200 }, (_, i) => ({ partitionKey: `small ${i}`, data: '' }));
  await Promise.all([queue.append(large), queue.append(small)]);
  expect(calls.reduce((sum, { records }) => sum + records, 0)).toBe(1232);
  expect(Math.max(...calls.map(({ records }) => records))).toBe(500);
  expect(Math.max(...calls.map(({ bytes }) => bytes))).toBeLessThanOrEqual(10_485_760);
  expect(calls.length).toBeLessThan(9);
});

it('gives up after its time: full if the stream was only throttled and has nothing', async () => {
  const { put } = createService(() => throttled);
  const append = queueTo(put, { giveUpMs: 100 }).append(records('a1 b1'));
  await expect(append).rejects.toThrow(StreamFullError);
  await expect(append).rejects.toThrow(
    'stream clicks: 2 of 2 records not taken for 100 ms (ProvisionedThroughputExceededException: Rate exceeded); add shards, or send less',
  );
});

it('gives up after its time: unavailable if some of it is in, or may be', async () => {
  const half = createService((text) => (text === 'a1' ? stored : throttled));
  const append = queueTo(half.put, { giveUpMs: 100 }).append(records('a1 b1'));
  await expect(append).rejects.toThrow(StreamUnavailableError);
  await expect(append).rejects.toThrow('stream clicks: 1 of 2 records not taken for 100 ms');
  const silent = queueTo(() => Promise.reject(new Error('socket hang up')), { giveUpMs: 100 });
  await expect(silent.append(records('a1'))).rejects.toThrow(StreamUnavailableError);
});

it('rejects at once what will never work, and sends the rest of that append no more', async () => {
  let calls = 0;
  const put: PutQueueOptions['put'] = async (entries) => {
    calls += 1;
    if (calls === 1) throw fault('AccessDeniedException', 400);
    return entries.map(() => stored);
  };
  const queue = queueTo(put);
  await expect(queue.append(records('a1 a2 b1'))).rejects.toThrow(
    'stream clicks: 3 of 3 records not taken (AccessDeniedException: as asked for by the test); run taphouse doctor',
  );
  expect(calls).toBe(1);
  await queue.append(records('a3'));
  expect(calls).toBe(2);
});

it('refuses an append over maxPendingBytes, and takes it when there is room', async () => {
  let open: (() => void) | undefined;
  const put: PutQueueOptions['put'] = async (entries) => {
    await new Promise<void>((resolve) => (open = resolve));
    return entries.map(() => stored);
  };
  const queue = queueTo(put, { maxPendingBytes: 100 });
  const large = { partitionKey: 'a', data: 'x'.repeat(80) };
  const first = queue.append([large]);
  await expect(queue.append([{ ...large, partitionKey: 'b' }])).rejects.toThrow(
    'stream clicks: 80 bytes wait to be taken, limit 100 (maxPendingBytes); add shards, or send less',
  );
  await expect.poll(() => open).toBeDefined();
  open!();
  await first;
  open = undefined;
  const second = queue.append([{ ...large, partitionKey: 'b' }]);
  await expect.poll(() => open).toBeDefined();
  open!();
  await second;
});

it('is settled when no append is under way', async () => {
  const { put } = createService(() => stored);
  const queue = queueTo(put);
  let done = 0;
  void queue.append(records('a1 a2')).then(() => (done += 1));
  void queue.append(records('a3')).then(() => (done += 1));
  await queue.settled();
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toBe(2);
});
