import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openLake } from '@taphouse/lake/files';
import { encodeEvents, partitionKey } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import { windowPresets } from '@taphouse/sessions';
import { openPumpState } from '@taphouse/sessions/lmdb';
import { openLog } from '@taphouse/streams/log';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { openLiveHub } from './live-hub.ts';
import { type Pumps, runPumps, whenFallingBack } from './run-pumps.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taphouse-pumps-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs pumps over the log of `folder`, whose clock stands at `now`. */
async function withPumps(
  now: number,
  use: (pumps: Pumps, arrive: (afterMs?: number, bytes?: number) => Promise<void>) => Promise<void>,
  maxBytes = 1024 ** 3,
): Promise<void> {
  const log = await openLog({ path: join(folder, 'log'), now: () => now, maxBytes });
  const state = await openPumpState(join(folder, 'state'));
  const lake = await openLake({ folder: join(folder, 'lake') });
  const pumps = await runPumps({
    log,
    state,
    lake,
    window: windowPresets.seconds,
    hub: openLiveHub(windowPresets.seconds),
    alerts: { take: async () => {}, close: async () => {} },
    report: () => {},
  });
  await use(pumps, (afterMs = 0, bytes = 0) => {
    now += afterMs;
    const event = click({ client_timestamp: now, received_at: now, page_title: 'x'.repeat(bytes) });
    return log.append([{ partitionKey: partitionKey('50', 'mobile'), data: encodeEvents([event]) }]);
  });
  await pumps.stop();
  await lake.close();
  await state.close();
  await log.close();
}

it('is not behind on an empty log, and counts from where the lake ended before anything is read again', async () => {
  await withPumps(testTime, async (pumps, arrive) => {
    expect(pumps.lagMs()).toBe(0);
    await arrive();
    expect(pumps.lagMs()).toBe(0);
  });
  const log = await openLog({ path: join(folder, 'log'), now: () => testTime + 90_000 });
  await log.append([{ partitionKey: 'k', data: encodeEvents([click({ client_timestamp: testTime + 90_000 })]) }]);
  await log.close();
  await withPumps(testTime + 90_000, async (pumps) => {
    expect(pumps.lagMs()).toBe(90_000);
    await expect.poll(() => pumps.lagMs()).toBe(0);
  });
});

it('takes no more when the sessions are half an hour behind, but for while they catch up', () => {
  let now = 0;
  let lagMs = 50 * 60_000;
  const busy = whenFallingBack(
    () => lagMs,
    () => now,
  );
  const after = (seconds: number, lagMinutes: number): string | null => {
    now += seconds * 1000;
    lagMs = lagMinutes * 60_000;
    return busy();
  };
  // A start over a long log.
  expect([after(1, 50), after(9, 45), after(5, 40), after(10, 32), after(10, 29)]).toEqual(Array(5).fill(null));
  // The lake takes nothing, then takes it all.
  expect(after(120, 31)).toBe('sessions are 31 minutes behind the clicks');
  expect(after(5, 31)).toBe('sessions are 31 minutes behind the clicks');
  expect([after(20, 30.9), after(60, 10)]).toEqual([null, null]);
});

// Sixty commits, each of which waits for the one before.
it('lets the log forget before its hour what is in the lake, rather than fill up', { timeout: 120_000 }, async () => {
  await withPumps(
    testTime,
    async (pumps, arrive) => {
      for (let batch = 0; batch < 60; batch += 1) {
        await arrive(6_000, 300_000);
        await expect.poll(() => pumps.lagMs(), { interval: 5 }).toBe(0);
      }
      expect(pumps.gauges().taphouse_log_bytes).toBeLessThan(7_000_000);
    },
    8_000_000,
  );
});

it('has all of the log in the lake after a stop, however soon that came', async () => {
  await withPumps(testTime, async (_pumps, arrive) => {
    for (let i = 0; i < 50; i += 1) await arrive(1);
  });
  const lake = await openLake({ folder: join(folder, 'lake') });
  const { files } = await lake.manifest('rawdata');
  await lake.close();
  expect(files.reduce((rows, file) => rows + file.rows, 0)).toBe(50);
});
