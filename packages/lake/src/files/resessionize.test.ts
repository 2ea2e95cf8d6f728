import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ClickEvent } from '@taphouse/schema';
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import { type Sessionizer, createSessionizer, windowPresets } from '@taphouse/sessions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeLake } from '../testing.ts';
import { type Lake, openLake } from './lake.ts';
import { openQuery } from './open-query.ts';
import { ResessionizeError } from './resessionize.ts';

let folder: string;
let lake: Lake;
let engine: Sessionizer;
let random: () => number;
let commits: number;

const window = windowPresets.seconds;
const days = { from: testTime - 86_400_000, to: testTime + 86_400_000 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-'));
  lake = await openLake({ folder, sealAfterMs: Infinity });
  engine = createSessionizer(window);
  random = seeded(7);
  commits = 0;
});

afterEach(async () => {
  await lake.close();
  await rm(folder, { recursive: true });
});

/** Clicks of a few visitors around midnight, late ones and copies among them, arriving one a second from `fromAt`. */
function visits(count: number, fromAt: number): { event: ClickEvent; arrivedAt: number }[] {
  const made: { event: ClickEvent; arrivedAt: number }[] = [];
  for (let index = 0; index < count; index += 1) {
    const arrivedAt = fromAt + index * 1000;
    const again = random() < 0.1 ? made[Math.floor(random() * made.length)] : undefined;
    const lateMs = random() < 0.2 ? random() * 600_000 : random() * 2000;
    const event = click({
      user_id: `user ${Math.floor(random() * 40)}`,
      client_event: `beer_${index % 6}`,
      client_timestamp: Math.floor(arrivedAt - lateMs),
    });
    made.push({ event: { ...(again?.event ?? event), received_at: arrivedAt }, arrivedAt });
  }
  return made;
}

async function tap(
  arrivals: { event: ClickEvent; arrivedAt: number }[],
  drained = false,
  stepMs = window.stepMs,
): Promise<void> {
  const rows = arrivals.flatMap(({ event, arrivedAt }) => [...engine.push(event, arrivedAt)]);
  if (drained) rows.push(...engine.drain());
  commits += 1;
  const mark = { position: String(commits).padStart(6, '0'), clockAt: arrivals.at(-1)?.arrivedAt ?? 0, drained };
  const events = arrivals.map(({ event }) => event);
  await lake.write({ shard: '0', configHash: 's', from: null, mark, events, rows, stepMs });
}

async function sessions(): Promise<unknown[]> {
  const query = await openQuery({ folder });
  const { rows } = await query.query('SELECT * EXCLUDE (window_open) FROM sessions ORDER BY ALL');
  await query.close();
  return rows;
}

const nightAt = Date.UTC(2026, 10, 24) - 600_000;

describe('resessionize', () => {
  it('gives the same sessions as the stream gave, over midnight, late clicks and copies', async () => {
    await tap(visits(600, nightAt));
    await tap(visits(600, nightAt + 600_000), true);
    const before = await sessions();
    expect(await lake.check(days)).toMatchObject({ sessions: before.length, missing: 0, unfounded: 0 });
    const report = await lake.resessionize({ ...days, stepMs: window.stepMs });
    expect(report).toMatchObject({ days: 3, rowsAfter: before.length, rowsLeft: 0 });
    expect(report.rowsBefore).toBeGreaterThan(before.length);
    expect(await sessions()).toEqual(before);
    expect(await lake.check(days)).toMatchObject({ missing: 0, unfounded: 0 });
  });

  it('makes longer steps of shorter ones and the other way round', async () => {
    await tap(visits(600, nightAt), true);
    const seconds = await sessions();
    await lake.resessionize({ ...days, stepMs: 60_000 });
    expect(new Set((await lake.manifest('aggregated')).files.map(({ stepMs }) => stepMs))).toEqual(new Set([60_000]));
    expect((await sessions()).length).toBeLessThan(seconds.length);
    expect(await lake.check(days)).toMatchObject({ missing: 0, unfounded: 0 });
    await lake.resessionize({ ...days, stepMs: 30_000 });
    expect(await sessions()).toEqual(seconds);
  });

  it('counts nothing twice while windows are open, and leaves those visitors for later', async () => {
    await tap(visits(400, nightAt));
    const settleMs = 90_000;
    const report = await lake.resessionize({ ...days, stepMs: window.stepMs, settleMs });
    expect(report.rowsLeft).toBeGreaterThan(0);
    expect(report.rowsAfter).toBeGreaterThan(report.rowsLeft);
    await tap(visits(400, nightAt + 400_000));
    await lake.resessionize({ ...days, stepMs: window.stepMs, settleMs });
    await tap(visits(50, nightAt + 800_000), true);
    const result = await lake.check(days);
    expect(result).toMatchObject({ missing: 0, unfounded: 0, examples: [] });
    expect(result.sessions).toBe((await sessions()).length);
  });

  it('waits by itself as long as the windows of the pump may be open, also before any has closed', async () => {
    const hour = { stepMs: 3_600_000, rangeMs: 3_600_000 };
    engine = createSessionizer(hour);
    await tap(visits(50, nightAt - 1_800_000), false, hour.stepMs);
    await tap([{ event: click({ user_id: 'late', received_at: nightAt }), arrivedAt: nightAt }], false, hour.stepMs);
    expect((await lake.manifest('aggregated')).files).toEqual([]);
    const report = await lake.resessionize({ ...days, stepMs: hour.stepMs });
    expect(report).toMatchObject({ rowsAfter: 0 });
    await tap(visits(1, nightAt + 1000), true, hour.stepMs);
    expect(await lake.check(days)).toMatchObject({ missing: 0, unfounded: 0, examples: [] });
  });

  it('is one new version of the manifest, while commits and merges of others go on', async () => {
    await tap(visits(300, nightAt));
    const other = await openLake({ folder, sealAfterMs: Infinity });
    const [report] = await Promise.all([
      other.resessionize({ ...days, stepMs: window.stepMs, settleMs: 60_000 }),
      (async () => {
        for (let index = 0; index < 20; index += 1) await tap(visits(20, nightAt + 300_000 + index * 20_000));
      })(),
    ]);
    expect(report.days).toBe(3);
    await tap(visits(1, nightAt + 900_000), true);
    await other.close();
    expect(await lake.check(days)).toMatchObject({ missing: 0, unfounded: 0 });
  });

  it('refuses days whose events are gone, and changes nothing', async () => {
    await tap(visits(100, nightAt), true);
    const before = await lake.manifest('aggregated');
    await lake.retain({ rawdataBefore: Infinity });
    await expect(lake.resessionize({ ...days, stepMs: 30_000 })).rejects.toThrow(ResessionizeError);
    expect(await lake.manifest('aggregated')).toEqual(before);
  });

  it('refuses a step that midnight does not end', async () => {
    await expect(lake.resessionize({ ...days, stepMs: 7000 })).rejects.toThrow(/step 7000 ms does not divide a day/);
  });
});

describe('check', () => {
  it('compares rows of several steps by the largest, and says whom it left out', async () => {
    await tap(visits(400, nightAt));
    await lake.resessionize({ ...days, stepMs: 60_000, settleMs: 90_000 });
    await tap(visits(400, nightAt + 400_000));
    const steps = new Set((await lake.manifest('aggregated')).files.map(({ stepMs }) => stepMs));
    expect(steps).toEqual(new Set([60_000, 30_000]));
    const during = await lake.check({ ...days, settleMs: 60_000 });
    expect(during).toMatchObject({ missing: 0, unfounded: 0 });
    expect([during.sessions > 0, during.visitorsLeft > 0]).toEqual([true, true]);
    await tap(visits(1, nightAt + 800_000), true);
    expect(await lake.check(days)).toMatchObject({ missing: 0, unfounded: 0, visitorsLeft: 0 });
  });

  it('shows a session that rows have and events do not, and the other way round', async () => {
    const event = click({ user_id: 'ann' });
    const row = sessionRow({ user_id: 'bob' });
    await makeLake({ folder, events: [event], rows: [row] });
    const report = await lake.check(days);
    expect(report).toMatchObject({ sessions: 1, missing: 1, unfounded: 1 });
    expect(report.examples).toMatchObject([
      { fault: 'missing', user_id: 'ann', begin_event_id: event.event_id },
      { fault: 'unfounded', user_id: 'bob' },
    ]);
  });
});

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
