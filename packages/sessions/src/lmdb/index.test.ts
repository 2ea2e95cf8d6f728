import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mark } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSessionizer, restoreSessionizer } from '../engine/sessionizer.ts';
import { windowPresets } from '../stagger-window.ts';
import type { Checkpoint } from '../pump-ports.ts';
import { openPumpState } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taphouse-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

const second = (n: number): number => testTime + n * 1000;

const mark = (n: number): Mark => ({ position: `000${n}`, clockAt: second(n), drained: false });

it('gives back what was saved, part by part, after it was closed and opened again', async () => {
  const sessionizer = createSessionizer(windowPresets.seconds);
  const { configHash } = sessionizer;
  const state = await openPumpState(join(folder, 'state'));
  expect(await state.load('0')).toBeUndefined();
  for (let n = 1; n <= 4; n += 1) {
    sessionizer.push(click({ event_id: `a-${n}` }), second(n));
    const put = [{ id: n, bytes: sessionizer.changes() }];
    await state.save('0', { mark: mark(n), configHash, put, drop: [] });
  }
  await state.save('1', { mark: mark(1), configHash, put: [{ id: 1, bytes: new Uint8Array(2_000_000) }], drop: [] });
  await state.close();

  const again = await openPumpState(join(folder, 'state'));
  const kept = await again.load('0');
  expect(kept).toMatchObject({ mark: mark(4), configHash: 's30000-r30000' });
  expect(await again.load('2')).toBeUndefined();
  const restored = restoreSessionizer((kept as Checkpoint).parts.map((part) => part.bytes));
  expect(restored.drain()).toEqual(sessionizer.drain());
  await again.save('0', { mark: mark(5), configHash, put: [], drop: [1, 2, 3] });
  expect((await again.load('0'))?.parts.map((part) => part.id)).toEqual([4]);
  expect((await again.load('1'))?.parts[0]?.bytes.length).toBe(2_000_000);
  await again.close();
});

it('refuses a save that would fill the disk, and keeps what it has', async () => {
  const path = join(folder, 'state');
  const roomy = await openPumpState(path);
  const change = { configHash: 'c', put: [{ id: 1, bytes: new Uint8Array(10) }], drop: [] };
  await roomy.save('0', { ...change, mark: mark(1) });
  await roomy.close();
  const tight = await openPumpState(path, { minFreeBytes: Number.MAX_SAFE_INTEGER / 2 });
  await expect(tight.save('0', { ...change, mark: mark(2) })).rejects.toThrow(/bytes free on the disk, \d+ needed/);
  expect(await tight.load('0')).toMatchObject({ mark: mark(1) });
  await tight.close();
});
