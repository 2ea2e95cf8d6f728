/** What every stream does: the suite that defines `Stream`. Needs vitest. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Slice, type StoredRecord, type Stream, StreamUnavailableError } from './stream.ts';

/** Opens an empty stream for one test. */
export type OpenStream = (options: { now: () => number; tickMs: number }) => Promise<OpenedStream>;

export interface OpenedStream {
  stream: Stream;
  /** Closes the stream and opens it again on the same data; absent where nothing outlives the process. */
  reopen?: () => Promise<Stream>;
  /** Closes the stream and removes its data. */
  dispose: () => Promise<void>;
}

/** What a medium does otherwise than memory. */
export interface StreamTraits {
  /** Arrivals are stamped by a clock of its own, not by `now`. */
  ownClock?: boolean;
  /** Trimmed records stay. */
  keepsTrimmed?: boolean;
  /** A record may be stored again, after its first copy: the suite looks at first copies. */
  copies?: boolean;
}

/** Runs the suite under `name` with streams from `open`, which have one shard. */
export function testStream(name: string, open: OpenStream, traits: StreamTraits = {}): void {
  const { ownClock = false, keepsTrimmed = false, copies = false } = traits;
  /** Records whose copies a reading may meet. */
  const mayRepeat = (records: StoredRecord[]): StoredRecord[] => (copies ? records : []);
  const take = (stream: Stream, wanted: number, options: TakeOptions = {}): Promise<StoredRecord[]> =>
    takeRecords(stream, wanted, { copies, ...options });

  describe(`stream: ${name}`, () => {
    let now = 1_800_000_000_000;
    let opened: OpenedStream;
    const start = async (): Promise<Stream> => {
      opened = await open({ now: () => now, tickMs: 20 });
      return opened.stream;
    };
    afterEach(() => opened.dispose());

    it('gives records back in the order of the appends, at growing positions of one width', async () => {
      const stream = await start();
      await stream.append([record('a', 1), record('b', 1)]);
      await stream.append([record('a', 2)]);
      const records = await take(stream, 3);
      const ofKey = (key: string) => records.filter((r) => r.partitionKey === key).map(({ data }) => data);
      expect([ofKey('a'), ofKey('b')]).toEqual([['1', '2'], ['1']]);
      const positions = records.map(({ position }) => position);
      expect(positions.toSorted()).toEqual(positions);
      expect(new Set(positions.map((position) => position.length)).size).toBe(1);
    });

    it('keeps the order of appends that do not wait for each other', async () => {
      const stream = await start();
      await Promise.all(Array.from({ length: 200 }, (_, i) => stream.append([record(`key ${i % 7}`, i)])));
      const records = await take(stream, 200);
      for (let key = 0; key < 7; key += 1) {
        const numbers = records.filter((r) => r.partitionKey === `key ${key}`).map((r) => Number(r.data));
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
    });

    it('keeps text of any language and length as it is', async () => {
      const stream = await start();
      const texts = ['', '"\n\u2028', 'жигулёвское 🍺 啤酒', 'x'.repeat(300_000)];
      for (const data of texts) await stream.append([{ partitionKey: 'ключ', data }]);
      const records = await take(stream, texts.length);
      expect(records.map(({ data }) => data)).toEqual(texts);
      expect(records[0]?.partitionKey).toBe('ключ');
    });

    it('goes on behind a position', async () => {
      const stream = await start();
      for (let i = 0; i < 5; i += 1) await stream.append([record('a', i)]);
      const all = await take(stream, 5);
      const rest = await take(stream, 3, { after: all[1]!.position, seen: mayRepeat(all.slice(0, 2)) });
      expect(rest).toEqual(all.slice(2));
    });

    it('reads the same records again, as often as asked', async () => {
      const stream = await start();
      await stream.append([record('a', 1), record('a', 2)]);
      expect(await take(stream, 2)).toEqual(await take(stream, 2));
    });

    it('gives at most maxRecords in a slice', async () => {
      const stream = await start();
      await stream.append(Array.from({ length: 10 }, (_, i) => record('a', i)));
      const lengths: number[] = [];
      for await (const slice of stream.read(await onlyShard(stream), { maxRecords: 4 })) {
        lengths.push(slice.records.length);
        if (lengths.length === 3) break;
      }
      expect(lengths).toEqual([4, 4, copies ? lengths[2] : 2]);
    });

    it('wakes a reader that waits at the end', async () => {
      const stream = await start();
      const waiting = take(stream, 1);
      await stream.append([record('a', 1)]);
      expect((await waiting)[0]?.data).toBe('1');
    });

    it('stores nothing for an empty append', async () => {
      const stream = await start();
      await stream.append([]);
      await stream.append([record('a', 1)]);
      expect(await take(stream, 1)).toHaveLength(1);
    });

    it('refuses a record without a key or over 1 MiB, and stores nothing of its append', async () => {
      const stream = await start();
      await expect(stream.append([record('a', 1), record('', 2)])).rejects.toThrow(RangeError);
      const data = 'é'.repeat(600_000);
      await expect(stream.append([record('a', 3), { partitionKey: 'a', data }])).rejects.toThrow(RangeError);
      await stream.append([record('a', 4)]);
      expect((await take(stream, 1))[0]?.data).toBe('4');
    });

    it.skipIf(ownClock)('stamps arrivals with a clock that never goes back', async () => {
      const stream = await start();
      const times = [1000, 5000, 3000, 6000];
      for (const time of times) {
        now = 1_800_000_000_000 + time;
        await stream.append([record('a', time)]);
      }
      const stamps = (await take(stream, 4)).map(({ arrivedAt }) => arrivedAt - 1_800_000_000_000);
      expect(stamps).toEqual([1000, 5000, 5000, 6000]);
    });

    it('ticks while it is silent, and no later record is earlier than a tick', async () => {
      const stream = await start();
      await stream.append([record('a', 1)]);
      now += 60_000;
      const promised = (await untilTick(stream)).clockAt;
      expect(promised).toBe(ownClock ? promised : now);
      now -= 30_000;
      await stream.append([record('a', 2)]);
      const [, second] = await take(stream, 2);
      expect(second?.arrivedAt).toBeGreaterThanOrEqual(promised);
    });

    it('gives with records a clock no later than what follows', async () => {
      const stream = await start();
      const slices: Slice[] = [];
      const reading = (async () => {
        for await (const slice of stream.read(await onlyShard(stream), { maxRecords: 3 })) {
          slices.push(slice);
          if (count(slices) >= 50) return;
        }
      })();
      for (let i = 0; i < 50; i += 1) {
        now += i % 3 === 0 ? -5 : 10;
        await stream.append([record('a', i)]);
      }
      await reading;
      for (const [i, slice] of slices.entries())
        for (const later of slices.slice(i + 1).flatMap(({ records }) => records))
          expect(later.arrivedAt).toBeGreaterThanOrEqual(slice.clockAt);
    });

    it('ends a reading when its signal aborts, at once, without an error', async () => {
      const stream = await start();
      const abort = new AbortController();
      const reading = collect(stream, abort);
      await stream.append([record('a', 1)]);
      abort.abort();
      expect(distinct((await reading).flatMap(({ records }) => records)).length).toBeLessThanOrEqual(1);
      expect(count(await collect(stream, abort))).toBe(0);
    });

    it.skipIf(keepsTrimmed)('forgets what is trimmed, keeps the rest, and goes on counting', async () => {
      const stream = await start();
      for (let i = 0; i < 5; i += 1) await stream.append([record('a', i)]);
      const all = await take(stream, 5);
      await stream.trim('0', all[2]!.position);
      expect(await take(stream, 2)).toEqual(all.slice(3));
      expect(await take(stream, 2, { after: all[0]!.position })).toEqual(all.slice(3));
      await stream.trim('0', all[4]!.position);
      await stream.append([record('a', 5)]);
      const [next] = await take(stream, 1);
      expect(next!.position > all[4]!.position).toBe(true);
    });

    it('refuses a shard and a position that are not its own', async () => {
      const stream = await start();
      expect(await stream.shards()).toHaveLength(1);
      await expect(take(stream, 1, { shard: 'no such shard' })).rejects.toThrow(RangeError);
      await expect(take(stream, 1, { after: 'no such position' })).rejects.toThrow(RangeError);
    });

    it('refuses appends and ends readings once closed', async () => {
      const stream = await start();
      // What shards there are is known by then: to ask that of a stream that is being closed may fail.
      const reading = collect(stream, { shard: await onlyShard(stream) });
      await stream.append([record('a', 1)]);
      await stream.close();
      await reading;
      await expect(stream.append([record('a', 2)])).rejects.toThrow(StreamUnavailableError);
      await stream.close();
    });

    it('keeps records, positions and its clock over a restart', async ({ skip }) => {
      const stream = await start();
      const reopen = opened.reopen ?? skip('nothing outlives the process');
      await stream.append([record('a', 1), record('b', 2)]);
      const before = await take(stream, 2);
      now += 60_000;
      const promised = (await untilTick(stream)).clockAt;
      now -= 50_000;
      const again = await reopen();
      await again.append([record('a', 3)]);
      const after = await take(again, 3);
      expect(after.slice(0, 2)).toEqual(before);
      expect(after[2]!.position > before[1]!.position).toBe(true);
      expect(after[2]!.arrivedAt).toBeGreaterThanOrEqual(promised);
    });

    it('goes on counting, and its clock does not go back, after everything was trimmed and it restarted', async ({
      skip,
    }) => {
      const stream = await start();
      const reopen = opened.reopen ?? skip('nothing outlives the process');
      await stream.append([record('a', 1), record('a', 2)]);
      const before = await take(stream, 2);
      await stream.trim('0', before[1]!.position);
      now -= 50_000;
      const again = await reopen();
      await again.append([record('a', 3)]);
      const after = await take(again, 1, { after: before[1]!.position, seen: mayRepeat(before) });
      expect(after[0]?.data).toBe('3');
      expect(after[0]!.arrivedAt).toBeGreaterThanOrEqual(before[1]!.arrivedAt);
    });
  });
}

function record(partitionKey: string, n: number): { partitionKey: string; data: string } {
  return { partitionKey, data: String(n) };
}

interface TakeOptions {
  shard?: string;
  after?: string;
  /** Records that count as seen. */
  seen?: StoredRecord[];
}

async function takeRecords(
  stream: Stream,
  wanted: number,
  { shard, after, seen = [], copies }: TakeOptions & { copies: boolean },
): Promise<StoredRecord[]> {
  let records: StoredRecord[] = [];
  for await (const slice of stream.read(shard ?? (await onlyShard(stream)), after === undefined ? {} : { after })) {
    records.push(...slice.records);
    if (copies) records = distinct([...seen, ...records]).slice(seen.length);
    if (records.length >= wanted) break;
  }
  expect(records).toHaveLength(wanted);
  return records;
}

/** First copies. */
function distinct(records: readonly StoredRecord[]): StoredRecord[] {
  const first = Map.groupBy(records, ({ partitionKey, data }) => `${partitionKey}\n${data}`);
  return [...first.values()].map(([record]) => record!);
}

async function onlyShard(stream: Stream): Promise<string> {
  const [shard] = await stream.shards();
  return shard!;
}

async function untilTick(stream: Stream): Promise<Slice> {
  for await (const slice of stream.read(await onlyShard(stream))) if (slice.records.length === 0) return slice;
  throw new Error('the reading ended before a tick');
}

async function collect(
  stream: Stream,
  { signal, shard }: { signal?: AbortSignal; shard?: string } = {},
): Promise<Slice[]> {
  const slices: Slice[] = [];
  for await (const slice of stream.read(shard ?? (await onlyShard(stream)), signal ? { signal } : {}))
    slices.push(slice);
  return slices;
}

function count(slices: readonly Slice[]): number {
  return slices.reduce((sum, slice) => sum + slice.records.length, 0);
}
