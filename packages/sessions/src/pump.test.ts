import { type ClickEvent, encodeEvents, type SessionRow } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import { type Stream, StreamUnavailableError } from '@taphouse/streams';
import { openMemory } from '@taphouse/streams/memory';
import { describe, expect, it } from 'vitest';
import { type PumpOptions, pump } from './pump.ts';
import { windowPresets } from './stagger-window.ts';
import { mergedRows, sessionsOf } from './testing/brute-force.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { MemoryLake } from './testing/memory-lake.ts';

const shard = '0';

/** A stream whose clock the test turns. */
function clockedStream(): { stream: Stream; clock: { now: number } } {
  const clock = { now: testTime };
  return { stream: openMemory({ now: () => clock.now, tickMs: 1 }), clock };
}

function append(stream: Stream, ...events: ClickEvent[]): Promise<void> {
  return stream.append(events.map((event) => ({ partitionKey: event.user_id, data: encodeEvents([event]) })));
}

/** Runs a pump until `enough`, then stops it as Ctrl-C does. */
async function runUntil(enough: () => boolean, options: Omit<PumpOptions, 'signal' | 'shard'>): Promise<void> {
  const stop = new AbortController();
  const done = pump({ ...options, shard, signal: stop.signal });
  await Promise.race([done, until(enough)]);
  stop.abort();
  await done;
}

async function until(enough: () => boolean): Promise<void> {
  while (!enough()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const window = windowPresets.seconds;

describe('pump', () => {
  it('writes events and closed windows, and drains at the end', async () => {
    const { stream, clock } = clockedStream();
    const lake = new MemoryLake();
    const events = [1, 2, 40].map((second) => click({ client_timestamp: testTime + second * 1000 }));
    const running = runUntil(() => lake.aggregated.rows.length === 1, { stream, ...lake.open(), window });
    await append(stream, ...events.slice(0, 2));
    clock.now += 40_000;
    await append(stream, ...events.slice(2));
    await running;
    expect(lake.rawdata.rows).toEqual(events);
    expect(lake.aggregated.rows.map((row) => row.events)).toEqual([2, 1]);
    expect(lake.aggregated.marks.get(shard)?.drained).toBe(true);
  });

  it('closes windows over silence, by the ticks of the stream', async () => {
    const { stream, clock } = clockedStream();
    const lake = new MemoryLake();
    const running = runUntil(() => lake.aggregated.rows.length === 1, { stream, ...lake.open(), window });
    await append(stream, click());
    clock.now += 31_000;
    await running;
    expect(lake.aggregated.rows).toHaveLength(1);
    expect(lake.commits.at(-1)?.mark.drained).toBe(false);
  });

  it('goes on where it stopped, and remembers the events it has seen', async () => {
    const { stream } = clockedStream();
    const lake = new MemoryLake();
    const event = click();
    await append(stream, event);
    await runUntil(() => true, { stream, ...lake.open(), window });
    await runUntil(() => lake.rawdata.rows.length === 1, { stream, ...lake.open(), window, commitEveryMs: 0 });
    await append(stream, event);
    await runUntil(() => lake.rawdata.rows.length === 2, { stream, ...lake.open(), window, commitEveryMs: 0 });
    expect(lake.aggregated.rows.map((row) => row.events)).toEqual([1]);
  });

  it('leaves out a record that holds no events, says so, and goes on', async () => {
    const { stream } = clockedStream();
    const lake = new MemoryLake();
    const good = click();
    const foreign = [
      'not JSON',
      '{"user_id":7}',
      '[null]',
      JSON.stringify({ ...good, client_timestamp: '2026-11-23' }),
    ];
    const errors: string[] = [];
    await stream.append(foreign.map((data) => ({ partitionKey: 'a', data })));
    await append(stream, good);
    const onError = (error: Error): void => void errors.push(error.message);
    await runUntil(() => lake.rawdata.rows.length > 0, { stream, ...lake.open(), window, commitEveryMs: 0, onError });
    expect(lake.rawdata.rows).toEqual([good]);
    expect(errors.map((line) => line.replace(/^record \d+: /, ''))).toEqual([
      'not JSON lines of events; left out',
      'not the events of a collector; left out',
      'not the events of a collector; left out',
      'not the events of a collector; left out',
    ]);
  });

  it('tries a failed write again, says so, and loses nothing', async () => {
    const { stream } = clockedStream();
    const lake = new MemoryLake();
    const faults = ['between the tables', 'before the state'];
    const errors: string[] = [];
    const ports = lake.open(async (name) => {
      if (lake.rawdata.rows.length === 0 || faults[0] !== name) return;
      faults.shift();
      throw new Error(`disk full ${name}`);
    });
    await append(stream, click());
    const onError = (error: Error): void => void errors.push(error.message);
    await runUntil(() => faults.length === 0, { stream, ...ports, window, onError, maxRetryMs: 1, commitEveryMs: 0 });
    expect(errors).toEqual(['disk full between the tables', 'disk full before the state']);
    expect(lake.rawdata.rows).toHaveLength(1);
    expect(lake.aggregated.rows).toHaveLength(1);
  });

  it('reads on from where it was when the stream was out of reach', async () => {
    const { stream } = clockedStream();
    const lake = new MemoryLake();
    const events = [click(), click(), click()];
    let reads = 0;
    const shaky: Stream = {
      ...stream,
      async *read(...args) {
        reads += 1;
        for await (const slice of stream.read(args[0], { ...args[1], maxRecords: 1 })) {
          yield slice;
          if (reads < 3) throw new StreamUnavailableError('stream: out of reach');
        }
      },
    };
    await append(stream, ...events);
    const errors: number[] = [];
    const onError = (_: Error, retryInMs: number): void => void errors.push(retryInMs);
    const options = { stream: shaky, ...lake.open(), window, commitEveryMs: 0, maxRetryMs: 1, onError };
    await runUntil(() => lake.rawdata.rows.length === 3, options);
    expect(lake.rawdata.rows).toEqual(events);
    expect(errors).toHaveLength(2);
  });

  it('trims the log behind what has been in the lake for a while', async () => {
    const { stream, clock } = clockedStream();
    const lake = new MemoryLake();
    const trimmed: string[] = [];
    const watched: Stream = { ...stream, trim: async (_, position) => void trimmed.push(position) };
    const options = { stream: watched, ...lake.open(), window, commitEveryMs: 0, keepLogMs: 60_000 };
    const running = runUntil(() => trimmed.length > 0, options);
    for (let i = 0; i < 4; i += 1) {
      await append(stream, click({ client_timestamp: clock.now }));
      await until(() => lake.rawdata.rows.length === i + 1);
      clock.now += 20_000;
    }
    await running;
    const first = lake.commits.find((commit) => commit.events.length > 0);
    expect(trimmed[0]).toBe(first?.mark.position);
  });

  it('drains more windows than a call has arguments', async () => {
    const { stream } = clockedStream();
    const lake = new MemoryLake();
    const events = Array.from({ length: 150_000 }, (_, i) => click({ user_id: `${i}` }));
    for (let i = 0; i < events.length; i += 1000)
      await stream.append([{ partitionKey: '1', data: encodeEvents(events.slice(i, i + 1000)) }]);
    let read = 0;
    const onSlice: PumpOptions['onSlice'] = (slice) => void (read += slice.events.length);
    await runUntil(() => read === events.length, {
      stream,
      ...lake.open(),
      window,
      onSlice,
      maxCommitEvents: 1_000_000,
    });
    expect(lake.aggregated.rows).toHaveLength(150_000);
  });

  it('closes the windows of another configuration early and keeps their memory of events', async () => {
    const { stream } = clockedStream();
    const lake = new MemoryLake();
    const event = click();
    await append(stream, event);
    const stop = new AbortController();
    const frozen = lake.open(async (name) => {
      if (name === 'after the state' && lake.rawdata.rows.length > 0) await new Promise(() => {});
    });
    void pump({ stream, shard, ...frozen, window, signal: stop.signal, commitEveryMs: 0 });
    await until(() => lake.saved.get(shard)?.mark.position !== '' && lake.saved.size > 0);
    await append(stream, event, click());
    const minutes = windowPresets.minutes;
    await runUntil(() => lake.rawdata.rows.length === 3, { stream, ...lake.open(), window: minutes, commitEveryMs: 0 });
    expect(lake.commits.map((commit) => [commit.stepMs, commit.rows.map((row) => row.events)])).toEqual([
      [30_000, []],
      [30_000, [1]],
      [60_000, []],
      [60_000, [1]],
    ]);
  });

  it('tells what live sessions go on and which have ended, over a restart', async () => {
    const { stream, clock } = clockedStream();
    const lake = new MemoryLake();
    const ended: number[] = [];
    const onSlice: PumpOptions['onSlice'] = (slice) => void ended.push(...slice.ended.map((row) => row.events));
    const options = { stream, window, lag: { gapMs: 60_000 }, commitEveryMs: 0, onSlice };
    const event = click({ client_timestamp: clock.now });
    await append(stream, event);
    await runUntil(() => lake.rawdata.rows.length === 1, { ...options, ...lake.open() });
    clock.now += 50_000;
    await append(stream, event, click({ client_timestamp: clock.now }));
    await runUntil(() => lake.rawdata.rows.length === 3, { ...options, ...lake.open() });
    expect(ended).toEqual([]);
    clock.now += 60_000;
    await runUntil(() => ended.length > 0, { ...options, ...lake.open() });
    expect(ended).toEqual([2]);
  });

  it('settles live sessions that ended before the state forgets them: none is lost to a crash, repeats have one row_id', async () => {
    const { stream, clock } = clockedStream();
    const lake = new MemoryLake();
    const settled: string[] = [];
    let fails = true;
    const onEnded = async (rows: readonly SessionRow[]): Promise<void> => {
      if (fails) throw new Error('no disk');
      settled.push(...rows.map((row) => `${row.row_id} ${row.events}`));
    };
    const options = { stream, window, lag: { gapMs: 60_000 }, commitEveryMs: 0, maxRetryMs: 1, onEnded };
    await append(stream, click({ event_id: 'a-1', client_timestamp: clock.now }));
    await runUntil(() => lake.rawdata.rows.length === 1, { ...options, ...lake.open() });
    clock.now += 60_000;
    // It ends with the commit of another's click, whose state is not saved as long as it is not settled.
    await append(stream, click({ user_id: '60', event_id: 'b-1', client_timestamp: clock.now }));
    let faults = 0;
    await runUntil(() => faults > 1, { ...options, ...lake.open(), onError: () => (faults += 1) }).catch(() => {});
    expect(settled).toEqual([]);
    fails = false;
    await runUntil(() => settled.length > 0, { ...options, ...lake.open() });
    expect(new Set(settled)).toEqual(new Set(['l60000/a-1 1']));
    // In silence too.
    clock.now += 60_000;
    await runUntil(() => settled.some((row) => row.startsWith('l60000/b-1')), { ...options, ...lake.open() });
    expect(settled.at(-1)).toBe('l60000/b-1 1');
  });

  it('says of the lines of each commit whether they are in the order of their arrival', async () => {
    const { stream } = clockedStream();
    const lake = new MemoryLake();
    const options = { stream, ...lake.open(), window, commitEveryMs: 0 };
    const sent: ClickEvent[] = [];
    for (const times of [
      [5, 5, 7],
      [9, 8],
      [1, 2],
    ]) {
      const events = times.map((received_at) => click({ received_at, page_title: 'Zoë 🍺' }));
      sent.push(...events);
      await append(stream, ...events);
      await runUntil(() => lake.rawdata.rows.length === sent.length, options);
    }
    const told = lake.commits.filter(({ events }) => events.length > 0);
    expect(told.map(({ linesInOrder }) => linesInOrder)).toEqual([true, false, true]);
    expect(lake.rawdata.rows).toEqual(sent);
  });

  it('refuses a lake that ends before the state', async () => {
    const { stream } = clockedStream();
    const lake = new MemoryLake();
    await append(stream, click());
    await runUntil(() => lake.saved.size > 0, { stream, ...lake.open(), window });
    lake.rawdata.marks.clear();
    lake.aggregated.marks.clear();
    await expect(runUntil(() => false, { stream, ...lake.open(), window })).rejects.toThrow(/the lake ends at nothing/);
  });

  it('refuses a log that has lost what the lake has', async () => {
    const lake = new MemoryLake();
    const first = clockedStream();
    await append(first.stream, click());
    const dead = lake.open(async (name) => {
      if (name === 'after the tables') await new Promise(() => {});
    });
    void pump({ stream: first.stream, shard, ...dead, window, signal: new AbortController().signal, commitEveryMs: 0 });
    await until(() => lake.commits.length === 1);
    const second = clockedStream();
    second.clock.now += 1;
    await expect(runUntil(() => false, { stream: second.stream, ...lake.open(), window })).rejects.toThrow(
      /which the log no longer holds/,
    );
  });
});

/** Where a pump may die: at each write and each side of it. */
const faultPoints = [
  'after the state',
  'after the tables',
  'after the trim',
  'before rawdata',
  'before the state',
  'before the trim',
  'between the tables',
];

const ways = [
  ['its ids all in memory', {}],
  ['its ids on disk but for the latest', { seenApart: true }],
] as const;

describe.each(ways)('a pump that dies at any point, %s', (_, way) => {
  const deaths = new Set<string>();

  it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('loses and doubles nothing (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const { stream, clock } = clockedStream();
    const lake = new MemoryLake();
    const sent: ClickEvent[] = [];
    for (let life = 0; life < 8; life += 1) {
      let steps = 1 + Math.floor(random() * 20);
      const { promise: death, resolve: died } = Promise.withResolvers<void>();
      const dieAt = async (name: string): Promise<void> => {
        steps -= 1;
        if (steps > 0) return;
        deaths.add(name);
        died();
        await new Promise(() => {});
      };
      const ports = lake.open(dieAt, way);
      const mortal: Stream = {
        ...stream,
        async trim(...args) {
          await dieAt('before the trim');
          await stream.trim(...args);
          await dieAt('after the trim');
        },
      };
      const stop = new AbortController();
      const window = random() < 0.8 ? windowPresets.seconds : windowPresets.minutes;
      const bounded = random() < 0.5 ? { maxOpenWindows: 3 } : {};
      const run = pump({
        stream: mortal,
        shard,
        ...ports,
        window,
        ...bounded,
        maxSeenBytes: 0,
        keepLogMs: 10_000,
        signal: stop.signal,
        commitEveryMs: 3_000,
        maxCommitEvents: 5,
      });
      const ended = Promise.race([death, run]);
      for (let batch = 0; batch < 6; batch += 1) {
        const events = randomEvents(random, clock.now, sent);
        sent.push(...events);
        await append(stream, ...events);
        clock.now += Math.floor(random() * 15_000);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (random() < 0.3) stop.abort();
      else steps = Math.min(steps, 3);
      clock.now += 5_000;
      await append(stream, click({ client_timestamp: clock.now, event_id: `tail-${seed}-${life}` }));
      sent.push(click({ client_timestamp: clock.now, event_id: `tail-${seed}-${life}` }));
      await ended;
      // Or else the next life begins where this one died.
      if (random() < 0.5) await expectAll(stream, lake, way, sent);
    }
    await expectAll(stream, lake, way, sent);
    for (const stepMs of new Set(lake.commits.map((commit) => commit.stepMs))) {
      const rows = lake.commits.filter((commit) => commit.stepMs === stepMs).flatMap((commit) => commit.rows);
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  it('did die at each point', () => {
    expect([...deaths].toSorted()).toEqual(faultPoints);
  });
});

/** After a start that lives, all that was sent is in the lake, once, and its rows merge to the sessions of the batch. */
async function expectAll(
  stream: Stream,
  lake: MemoryLake,
  way: (typeof ways)[number][1],
  sent: readonly ClickEvent[],
): Promise<void> {
  const living = { stream, ...lake.open(undefined, way), window, maxSeenBytes: 0 };
  await runUntil(() => lake.rawdata.rows.length === sent.length, living);
  expect(lake.rawdata.rows.map((event) => event.event_id)).toEqual(sent.map((event) => event.event_id));
  const counted = mergedRows(lake.aggregated.rows).reduce((sum, session) => sum + session.events, 0);
  expect(counted).toBe(new Set(sent.map((event) => event.event_id)).size);
  expect(rebucketed(lake)).toEqual(sessionsOf(sent, 60_000));
}

describe('a pump whose state keeps ids apart', () => {
  it('moves there what an older version kept in parts, once, and remembers all of it', async () => {
    const { stream, clock } = clockedStream();
    const lake = new MemoryLake();
    const events = Array.from({ length: 100 }, () => click({ client_timestamp: clock.now }));
    await append(stream, ...events);
    const enough = (count: number) => (): boolean => lake.rawdata.rows.length === count;
    await runUntil(enough(100), { stream, ...lake.open(), window, commitEveryMs: 0 });
    const apart = { stream, ...lake.open(undefined, { seenApart: true }), window, commitEveryMs: 0, maxSeenBytes: 0 };
    clock.now += 100_000;
    await append(stream, ...events.slice(0, 50));
    await runUntil(enough(150), apart);
    expect(lake.seen.get(shard)?.runs.size).toBeGreaterThan(0);
    await append(stream, ...events, click({ client_timestamp: clock.now }));
    await runUntil(enough(251), apart);
    expect(mergedRows(lake.aggregated.rows).reduce((sum, session) => sum + session.events, 0)).toBe(101);
  });
});

/** Rows of 30 s and of 60 s together answer 60 s. */
function rebucketed(lake: MemoryLake): unknown {
  return mergedRows(
    lake.aggregated.rows.map((row) => ({ ...row, timeagg: Math.floor(row.timeagg / 60_000) * 60_000 })),
  );
}

/** A few clicks of three visitors, some late, some copies. */
function randomEvents(random: () => number, now: number, sent: readonly ClickEvent[]): ClickEvent[] {
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
    const copied = sent[Math.floor(random() * sent.length)];
    if (copied && random() < 0.2) return copied;
    const lateMs = random() < 0.2 ? Math.floor(random() * 200_000) : 0;
    return click({ user_id: String(Math.floor(random() * 3)), client_timestamp: now - lateMs });
  });
}
