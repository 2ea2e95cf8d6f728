import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { click, testTime } from '@taphouse/schema/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSessionizer, restoreSessionizer } from '../engine/sessionizer.ts';
import { windowPresets } from '../stagger-window.ts';
import { openPumpState } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taphouse-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('gives back what was saved, after it was closed and opened again', async () => {
  const sessionizer = createSessionizer(windowPresets.seconds);
  sessionizer.push(click({ event_id: 'a-1' }), testTime);
  const mark = { position: '0001', clockAt: testTime, drained: false };
  const state = await openPumpState(join(folder, 'state'));
  expect(await state.load('0')).toBeUndefined();
  await state.save('0', { mark, configHash: sessionizer.configHash, snapshot: sessionizer.snapshot() });
  await state.close();

  const again = await openPumpState(join(folder, 'state'));
  const kept = await again.load('0');
  expect(kept).toMatchObject({ mark, configHash: 's30000-r30000' });
  expect(await again.load('1')).toBeUndefined();
  const restored = restoreSessionizer([kept?.snapshot as Uint8Array]);
  await again.close();
  expect(restored.drain()).toEqual(sessionizer.drain());
});
