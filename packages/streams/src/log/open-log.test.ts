import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { toPosition } from '../position.ts';
import { StreamFullError, type StreamRecord } from '../stream.ts';
import { type Log, type LogOptions, openLog } from './open-log.ts';
import { RecordArena } from './record-bytes.ts';
import { Segment } from './segment.ts';

let path: string;
let log: Log | undefined;
beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'taphouse-log-'))));
afterEach(async () => {
  await log?.close();
  log = undefined;
  rmSync(path, { recursive: true });
});

const start = async (options: Partial<LogOptions> = {}): Promise<Log> => (log = await openLog({ path, ...options }));

function records(count: number, bytes = 10): StreamRecord[] {
  return Array.from({ length: count }, (_, i) => ({ partitionKey: `k${i}`, data: 'x'.repeat(bytes) }));
}

it('tells a second process, in one line, who has the folder', async () => {
  await start();
  const program = join(path, 'second.ts');
  const module = join(import.meta.dirname, 'open-log.ts');
  writeFileSync(
    program,
    `import { openLog } from ${JSON.stringify(module)}; await openLog({ path: ${JSON.stringify(path)} }).catch((e) => process.send(e.message));`,
  );
  const second = fork(program, { silent: true });
  const [message] = (await once(second, 'message')) as [string];
  expect(message).toBe(`log at ${path}: in use by process ${process.pid}; stop that process or choose another folder`);
  await once(second, 'exit');
});

it('refuses to open twice in one process, and opens again once closed', async () => {
  const first = await start();
  await expect(openLog({ path })).rejects.toThrow('in use by process');
  await first.close();
  await start();
});

it('opens after a process that had it was killed', async () => {
  const program = join(path, 'killed.ts');
  const module = join(import.meta.dirname, 'open-log.ts');
  writeFileSync(
    program,
    `import { openLog } from ${JSON.stringify(module)}; const log = await openLog({ path: ${JSON.stringify(path)} });
     await log.append([{ partitionKey: 'k', data: 'kept' }]); process.send('ready'); setInterval(() => {}, 1000);`,
  );
  const killed = fork(program, { silent: true });
  await once(killed, 'message');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect((await start()).stats()).toMatchObject({ first: '0000000000000001', last: '0000000000000001' });
});

it('refuses a format newer than it knows, and lets go of the folder', async () => {
  await (await start()).close();
  const root = open({ path, encoding: 'binary', maxDbs: 4 });
  await root.openDB<number, string>('meta', { encoding: 'json' }).put('format', 3);
  await root.close();
  const refusal = `log at ${path}: format 3, this program reads up to 2; use the newer program, or another folder`;
  await expect(openLog({ path })).rejects.toThrow(refusal);
  await expect(openLog({ path })).rejects.toThrow(refusal);
});

it('holds nothing of what it refuses', async () => {
  const full = await start({ maxBytes: 4_000_000 });
  const refusals = async (): Promise<number> => {
    let refused = 0;
    for (let i = 0; i < 400; i += 1) await full.append(records(1, 100_000)).catch(() => (refused += 1));
    return refused;
  };
  expect(await refusals()).toBeGreaterThan(0);
  const before = process.memoryUsage().arrayBuffers;
  expect(await refusals()).toBe(400);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
});

it('refuses an append over maxBytes whole, says so, and takes it once it was trimmed', async () => {
  const full = await start({ maxBytes: 400_000 });
  let appended = 0;
  const fill = async (): Promise<void> => {
    while (true) {
      await full.append(records(10, 1000));
      appended += 10;
    }
  };
  const error: unknown = await fill().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StreamFullError);
  expect((error as Error).message).toMatch(
    /^log at .*: full at \d+ of 400000 bytes; raise maxBytes, or let the reader catch up$/,
  );
  expect(appended).toBeGreaterThan(100);
  const { last, usedBytes } = full.stats();
  expect(Number(last)).toBe(appended);
  expect(usedBytes).toBeLessThanOrEqual(400_000);
  await full.trim('0', last!);
  await full.append(records(10, 1000));
});

it('refuses an append that would leave less than minFreeBytes on the disk', async () => {
  const low = await start({ minFreeBytes: Number.MAX_SAFE_INTEGER });
  await expect(low.append(records(1))).rejects.toThrow(/bytes free on the disk, keeps \d+; free the disk$/);
});

/** Appends 100 batches of 10 records, some kB each, at a second each; segments of 64 KiB. */
async function fill(log: Log, clock: { now: number }): Promise<void> {
  for (let i = 0; i < 100; i += 1) {
    clock.now += 1000;
    await log.append(records(10, 3000));
  }
}

function segmentFiles(): string[] {
  return readdirSync(path).filter((name) => /^\d+\.mdb$/.test(name));
}

async function readAll(log: Log, after?: string): Promise<string[]> {
  const positions: string[] = [];
  for await (const slice of log.read('0', { maxRecords: 7, ...(after && { after }) })) {
    positions.push(...slice.records.map(({ position }) => position));
    if (positions.at(-1) === log.stats().last) break;
  }
  return positions;
}

it('reads on over its segments, from any place, also two at once and after a restart', async () => {
  const clock = { now: 1_800_000_000_000 };
  const options = { maxBytes: 8_000_000, now: () => clock.now };
  const whole = await start(options);
  await fill(whole, clock);
  expect(segmentFiles().length).toBeGreaterThan(10);
  const positions = Array.from({ length: 1000 }, (_, i) => toPosition(i + 1));
  expect(await Promise.all([readAll(whole), readAll(whole, toPosition(500))])).toEqual([
    positions,
    positions.slice(500),
  ]);
  await whole.close();
  const again = await start(options);
  expect(await readAll(again, toPosition(123))).toEqual(positions.slice(123));
});

it('gives the disk back what is trimmed, a segment at a time, and hides the rest of it', async () => {
  const clock = { now: 1_800_000_000_000 };
  const log = await start({ maxBytes: 8_000_000, now: () => clock.now });
  await fill(log, clock);
  const filesBefore = segmentFiles().length;
  const { usedBytes } = log.stats();
  await log.trim('0', toPosition(505));
  expect(log.stats()).toMatchObject({ first: toPosition(506), last: toPosition(1000) });
  expect((await readAll(log)).length).toBe(495);
  expect(segmentFiles().length).toBeLessThan(filesBefore * 0.6);
  expect(log.stats().usedBytes).toBeLessThan(usedBytes * 0.6);
  await log.close();
  expect((await start()).stats().first).toBe(toPosition(506));
});

it('has nothing left on disk of what is trimmed to its end, nor, some trims later, where appends go on', async () => {
  const clock = { now: 1_800_000_000_000 };
  const log = await start({ now: () => clock.now });
  const secret = 'what nobody must find again';
  const isOnDisk = (): boolean => segmentFiles().some((name) => readFileSync(join(path, name)).includes(secret));
  await log.append([{ partitionKey: 'k', data: secret }]);
  expect(isOnDisk()).toBe(true);
  await log.trim('0', log.stats().last!);
  expect(isOnDisk()).toBe(false);
  await log.append([{ partitionKey: 'k', data: secret }]);
  // The pump is some seconds behind, so that there is always more than is trimmed.
  for (let i = 0; i < 6; i += 1) {
    clock.now += 4000;
    const last = log.stats().last!;
    await log.append(records(1));
    await log.trim('0', last);
  }
  expect(isOnDisk()).toBe(false);
});

it('begins no segment for each trim', async () => {
  const clock = { now: 1_800_000_000_000 };
  const log = await start({ now: () => clock.now });
  for (let i = 1; i <= 200; i += 1) {
    clock.now += 100;
    await log.append(records(10));
    await log.trim('0', toPosition(Math.max(1, (i - 60) * 10)));
  }
  expect(segmentFiles().length).toBeLessThan(5);
});

it('goes on where a crash left a segment that does not know where it begins', async () => {
  let now = 1_800_000_000_000;
  const log = await start({ now: () => now });
  await log.append(records(5));
  await log.trim('0', toPosition(2));
  await log.close();
  await new Segment(path, 6, 2 ** 20).close();
  now -= 60_000;
  const again = await start({ now: () => now });
  await again.append(records(1));
  expect(await readAll(again)).toEqual([3, 4, 5, 6].map(toPosition));
  for await (const { records: read } of again.read('0', { after: toPosition(5) })) {
    expect(read[0]?.arrivedAt).toBe(now + 60_000);
    break;
  }
});

it('takes over a log of format 1', async () => {
  const old = open<Buffer, string>({ path, encoding: 'binary', maxDbs: 4, overlappingSync: false });
  const [record] = records(1);
  const meta = old.openDB<number, string>('meta', { encoding: 'json' });
  const kept = old.openDB<Buffer, number>('records', { encoding: 'binary' });
  await meta.put('format', 1);
  await meta.put('trimmed', 40);
  const arena = new RecordArena();
  for (const n of [41, 42, 43]) await kept.put(n, arena.encode(record!, 1_900_000_000_000));
  await old.close();

  const log = await start({ now: () => 1_800_000_000_000 });
  expect(log.stats()).toMatchObject({ first: toPosition(41), last: toPosition(43), lastArrivedAt: 1_900_000_000_000 });
  await log.append(records(2));
  await log.close();
  const again = await start();
  expect(await readAll(again)).toEqual([41, 42, 43, 44, 45].map(toPosition));
  await again.trim('0', toPosition(45));
  expect(segmentFiles()).toEqual([`${toPosition(46)}.mdb`]);
});

it('does not grow on disk while it is trimmed as fast as it is filled', async () => {
  const steady = await start();
  const sizes: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    await steady.append(records(20, 5000));
    await steady.trim('0', steady.stats().last!);
    sizes.push(steady.stats().usedBytes);
  }
  expect(Math.max(...sizes)).toBeLessThan(1_000_000);
});

it('stores an append whole or not at all, also beside one that is refused', async () => {
  const stream = await start();
  const results = await Promise.allSettled([
    stream.append(records(3)),
    stream.append([...records(2), { partitionKey: '', data: '' }]),
    stream.append(records(4)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(stream.stats().last).toBe('0000000000000007');
});

it('finishes at close the appends under way', async () => {
  const closing = await start();
  const appending = Promise.all(Array.from({ length: 50 }, () => closing.append(records(2))));
  await closing.close();
  await appending;
  expect((await start()).stats().last).toBe('0000000000000100');
});

it('goes on after the position of one that is lost, and only where it never had a record', async () => {
  const lost = await start();
  await lost.append(records(7));
  const { last } = lost.stats();
  await lost.close();
  rmSync(path, { recursive: true });
  const fresh = await start({ startAfter: last! });
  await fresh.append(records(1));
  expect(fresh.stats().first).toBe('0000000000000008');
  await fresh.trim('0', fresh.stats().last!);
  await fresh.close();
  const again = await start({ startAfter: '0000000000000100' });
  await again.append(records(1));
  expect(again.stats().last).toBe('0000000000000009');
});

it('gives way to others after each slice of a long log', async () => {
  const opened = await start();
  await opened.append(records(20));
  let turns = 0;
  const others = setInterval(() => (turns += 1));
  const turnsBefore: number[] = [];
  for await (const slice of opened.read('0', { maxRecords: 1 })) {
    turnsBefore.push(turns);
    const until = performance.now() + 3;
    while (performance.now() < until);
    if (slice.records[0]?.partitionKey === 'k19') break;
  }
  clearInterval(others);
  expect(turnsBefore.at(-1)).toBeGreaterThan(10);
});
