import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openPumpState } from './index.ts';

const rounds = Number(process.env.TAPHOUSE_ROUNDS ?? 3);

it('a state killed as it saves has mark, parts and ids of one save', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taphouse-kill-'));
  const saver = new URL('../testing/save-forever.ts', import.meta.url).pathname;
  let before = 0;
  for (let round = 0; round < rounds; round += 1) {
    const child = spawn(process.execPath, [saver, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, 20 + 13 * round));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const state = await openPumpState(folder);
    const checkpoint = await state.load('0');
    const saved = Number(checkpoint?.mark.position);
    expect(saved).toBeGreaterThan(before);
    expect(checkpoint?.parts.map((part) => part.id)).toEqual([saved]);
    for (let i = 0; i < 200; i += 1) expect(state.seen('0').find(`page${i}-`, 4, 0)).toMatchObject({ low: saved });
    await state.close();
    before = saved;
  }
  await rm(folder, { recursive: true });
}, 120_000);
