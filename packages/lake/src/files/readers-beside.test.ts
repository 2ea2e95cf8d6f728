import { appendFile, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testTime } from '@taphouse/schema/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { directoryStore } from './directory-store.ts';
import type { FileStore } from './file-store.ts';
import { type Lake, openLake } from './lake.ts';
import { openQuery } from './open-query.ts';
import { commitNumber, eventsPerCommit } from './testing/commit-forever.ts';

let folder: string;
let lake: Lake;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-'));
  lake = await openLake({ folder, sealAfterMs: Infinity });
});

afterEach(async () => {
  await lake.close();
  await rm(folder, { recursive: true });
});

it('a reader never sees a broken state, while others commit, merge, seal, erase and rebuild', async () => {
  const commits = 40;
  const stop = new AbortController();
  const writer = (async () => {
    for (let number = 1; number <= commits; number += 1) await lake.write(commitNumber(number));
  })();
  const keeper = (async () => {
    const other = await openLake({ folder, sealAfterMs: Infinity });
    const range = { from: testTime, to: testTime };
    for (let round = 0; round < 3; round += 1) {
      await other.compact({ before: testTime + 86_400_000 });
      await other.erase({ userIds: [`user ${round}`] });
      await other.resessionize({ ...range, stepMs: 30_000, settleMs: 1000 });
    }
    await other.close();
  })();
  const seen: { events: number; copies: number; negative: number }[] = [];
  const reader = (async () => {
    const query = await openQuery({ folder });
    while (!stop.signal.aborted) {
      const { rows } = await query.query(`
        SELECT (SELECT count(*) FROM events)::INTEGER AS events,
               (SELECT count(*) - count(DISTINCT event_id) FROM rawdata)::INTEGER AS copies,
               (SELECT count(*) FROM sessions WHERE events < 1 OR endsession < beginsession)::INTEGER AS negative`);
      seen.push(rows[0] as (typeof seen)[number]);
    }
    await query.close();
  })();
  await Promise.all([writer, keeper]).finally(() => stop.abort());
  await reader;
  expect(seen.length).toBeGreaterThan(0);
  for (const { events, copies, negative } of seen) {
    expect([copies, negative]).toEqual([0, 0]);
    expect(events).toBeLessThanOrEqual(commits * eventsPerCommit);
  }
  expect(await lake.verify()).toMatchObject({ faults: [] });
});

it('a reader whose files go again and again before they are read asks for the newest each time', async () => {
  for (let number = 1; number <= 4; number += 1) await lake.write(commitNumber(number));
  const store = directoryStore(folder);
  let erasures = 0;
  const openFile: FileStore['openFile'] = async (key) => {
    const file = await store.openFile(key);
    erasures += 1;
    if (erasures <= 3) await lake.erase({ userIds: [`user ${erasures}`] });
    return file;
  };
  const query = await openQuery({ store: { ...store, openFile } });
  const { rows } = await query.query('SELECT DISTINCT user_id FROM events ORDER BY 1');
  await query.close();
  expect(erasures).toBeGreaterThan(3);
  expect(rows.map(({ user_id }) => user_id)).not.toContain('user 3');
  expect(rows.length).toBeGreaterThan(0);
});

it('verify tells of a file that is gone, cut or changed', async () => {
  for (let number = 1; number <= 3; number += 1) await lake.write(commitNumber(number));
  expect(await lake.verify()).toMatchObject({ files: 6, rows: 18, orphans: 0, faults: [] });
  const paths = (await lake.manifest('rawdata')).files.map(({ path }) => join(folder, 'rawdata', path));
  const [gone = '', cut = '', longer = ''] = paths;
  await rm(gone);
  await truncate(cut, 100);
  await appendFile(longer, 'x');
  const { faults } = await lake.verify();
  expect(faults.map((line) => line.replace(/.*parquet: /, ''))).toEqual([
    'missing; bring it back from a copy, or rebuild the day',
    expect.stringMatching(/^100 bytes, the manifest says \d+$/),
    expect.stringMatching(/^\d+ bytes, the manifest says \d+$/),
  ]);
});
