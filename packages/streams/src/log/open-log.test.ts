import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StreamFullError, type StreamRecord } from '../stream.ts';
import { type Log, type LogOptions, openLog } from './open-log.ts';

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
  await root.openDB<number, string>('meta', { encoding: 'json' }).put('format', 2);
  await root.close();
  const refusal = `log at ${path}: format 2, this program reads up to 1; use the newer program, or another folder`;
  await expect(openLog({ path })).rejects.toThrow(refusal);
  await expect(openLog({ path })).rejects.toThrow(refusal);
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

it('keeps trimmed records for keepMs, but not over keepBytes', async () => {
  let now = 1_800_000_000_000;
  const keeping = await start({ keepMs: 60_000, keepBytes: 100_000, now: () => now });
  await keeping.append(records(10, 1000));
  now += 30_000;
  await keeping.append(records(10, 1000));
  await keeping.trim('0', keeping.stats().last!);
  expect(keeping.stats().first).toBe('0000000000000001');
  now += 31_000;
  await keeping.trim('0', keeping.stats().last!);
  expect(keeping.stats().first).toBe('0000000000000011');
  await keeping.append(records(100, 2000));
  await keeping.trim('0', keeping.stats().last!);
  expect(keeping.stats().usedBytes).toBeLessThan(150_000);
});

it('forgets what is trimmed and kept when it would be full', async () => {
  const keeping = await start({ maxBytes: 400_000, keepMs: 3_600_000 });
  for (let i = 0; i < 100; i += 1) {
    await keeping.append(records(10, 1000));
    await keeping.trim('0', keeping.stats().last!);
  }
  expect(keeping.stats().last).toBe('0000000000001000');
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
