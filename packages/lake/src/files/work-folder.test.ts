import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { makeWorkFolder } from './work-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'work-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** No process has this number. */
const nobody = 2 ** 30;

async function leave(name: string, agoMs: number): Promise<void> {
  const path = join(folder, '.work', name);
  await mkdir(path, { recursive: true });
  const usedAt = new Date(Date.now() - agoMs);
  await utimes(path, usedAt, usedAt);
}

it('clears away what was left, and nothing that another process may be using', async () => {
  await leave(`${nobody}-left`, 2 * 3_600_000);
  await leave(`${nobody}-of-another-container`, 60_000);
  await leave(`${process.ppid}-alive`, 2 * 3_600_000);
  await leave(`${process.pid}-of-the-one-before-me`, 2 * 3_600_000);
  const mine = await makeWorkFolder(folder);
  const second = await makeWorkFolder(folder);
  expect((await readdir(join(folder, '.work'))).map((name) => join(folder, '.work', name)).toSorted()).toEqual(
    [
      mine,
      second,
      join(folder, '.work', `${nobody}-of-another-container`),
      join(folder, '.work', `${process.ppid}-alive`),
    ].toSorted(),
  );
});
