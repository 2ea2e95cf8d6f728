import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ClickEvent } from '@taphouse/schema';
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import type { Commit } from '@taphouse/sessions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { directoryStore } from './directory-store.ts';
import type { FileStore } from './file-store.ts';
import { openLake } from './lake.ts';
import { openQuery } from './open-query.ts';
import { maxSmallFiles } from './roll-plan.ts';

const dayEndAt = Date.UTC(2026, 10, 24);

/** A store whose process dies just before the n-th change, which is just after the one before: nothing more happens. */
function mortal(store: FileStore, dieAt: number): FileStore & { changes: () => number } {
  let changes = 0;
  const change = async <T>(act: () => Promise<T>): Promise<T> => {
    changes += 1;
    if (changes >= dieAt) throw new Error('died');
    return act();
  };
  return {
    ...store,
    put: (key, body) => change(() => store.put(key, body)),
    replace: (key, body, tag) => change(() => store.replace(key, body, tag)),
    delete: (keys) => (keys.length === 0 ? store.delete(keys) : change(() => store.delete(keys))),
    putFile: (key, path) => change(() => store.putFile(key, path)),
    changes: () => changes,
  };
}

let template: string;
const written: ClickEvent[] = [];

function commit(sequence: number): Commit {
  const events = [0, 1].map((each) =>
    click({ event_id: `e-${sequence}-${each}`, received_at: testTime + sequence, user_id: String(each) }),
  );
  return {
    shard: '0',
    configHash: 's30000-r30000',
    from: sequence === 1 ? null : String(sequence - 1).padStart(8, '0'),
    mark: { position: String(sequence).padStart(8, '0'), clockAt: testTime + sequence, drained: false },
    events,
    rows: events.map((event) =>
      sessionRow({ user_id: event.user_id, begin_event_id: event.event_id, row_id: `c/${event.event_id}` }),
    ),
    stepMs: 30_000,
  };
}

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'lake-'));
  const lake = await openLake({ folder: template, sealAfterMs: Infinity });
  for (let sequence = 1; sequence <= maxSmallFiles; sequence += 1) {
    const each = commit(sequence);
    written.push(...each.events);
    await lake.write(each);
  }
  await lake.close();
});

afterAll(() => rm(template, { recursive: true }));

/** One more commit, which makes small files roll, and then the day is sealed. */
async function run(store: FileStore, folder: string): Promise<void> {
  const troubles: Error[] = [];
  const options = { sealAfterMs: Infinity, onTrouble: (error: Error) => troubles.push(error) };
  const lake = await openLake({ store, workFolder: folder, ...options });
  try {
    await lake.write(commit(maxSmallFiles + 1));
    await lake.compact({ before: dayEndAt });
    if (troubles[0]) throw troubles[0];
  } finally {
    await lake.close();
  }
}

async function contents(folder: string): Promise<unknown> {
  const query = await openQuery({ folder });
  const ids = await query.query(`SELECT string_agg(event_id, ' ' ORDER BY event_id) AS ids FROM rawdata`);
  const sessions = await query.query(`SELECT user_id, events, begin_event_id FROM sessions ORDER BY user_id`);
  await query.close();
  return [ids.rows, sessions.rows];
}

describe('a lake whose process dies between two changes to the store', () => {
  it('has every row once after the commit is written again, whichever they were', async () => {
    const ids = [...written, ...commit(maxSmallFiles + 1).events].map((event) => event.event_id).toSorted();
    const expected = [
      [{ ids: ids.join(' ') }],
      ['0', '1'].map((user_id) => ({ user_id, events: BigInt(maxSmallFiles + 1), begin_event_id: `e-1-${user_id}` })),
    ];
    let deaths = 0;
    for (let dieAt = 1; ; dieAt += 1) {
      const folder = await mkdtemp(join(tmpdir(), 'lake-'));
      await cp(template, folder, { recursive: true });
      const store = mortal(directoryStore(folder), dieAt);
      const survived = await run(store, folder).then(
        () => true,
        () => false,
      );
      if (store.changes() >= dieAt) deaths += 1;
      await run(directoryStore(folder), folder);
      expect([dieAt, await contents(folder)]).toEqual([dieAt, expected]);
      await expectLiveFiles(folder);
      await rm(folder, { recursive: true });
      if (survived) break;
    }
    expect(deaths).toBeGreaterThanOrEqual(10);
  }, 120_000);
});

async function expectLiveFiles(folder: string): Promise<void> {
  const lake = await openLake({ folder });
  for (const table of ['rawdata', 'aggregated'] as const) {
    const { files } = await lake.manifest(table);
    expect(files.every(({ sealed }) => sealed)).toBe(true);
    for (const { path, bytes } of files) expect((await stat(join(folder, table, path))).size).toBe(bytes);
  }
  await lake.close();
}
