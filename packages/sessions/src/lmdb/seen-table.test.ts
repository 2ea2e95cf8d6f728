import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { click, testTime } from '@taphouse/schema/testing';
import { type RootDatabase, open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SeenRun, horizonMs } from '../engine/seen-events.ts';
import { createSessionizer, restoreSessionizer } from '../engine/sessionizer.ts';
import { windowPresets } from '../stagger-window.ts';
import { openPumpState } from './index.ts';
import { type SeenDatabase, SeenTable } from './seen-table.ts';

let folder: string;
let root: RootDatabase;
let db: SeenDatabase;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taphouse-seen-'));
  root = open({ path: join(folder, 'seen'), overlappingSync: false, noSubdir: false });
  db = root.openDB<Buffer, Buffer>({ name: 'seen', encoding: 'binary', keyEncoding: 'binary' });
});
afterEach(async () => {
  await root.close();
  await rm(folder, { recursive: true });
});

function run(prefix: string, fields: Partial<SeenRun> = {}): SeenRun {
  return { prefix, width: 4, chunk: 0, low: 1, high: 0, lastAt: testTime, ...fields };
}

function save(table: SeenTable, runs: readonly SeenRun[], clockAt = testTime): Promise<void> {
  return root.transaction(() => table.write(table.entriesOf(runs), clockAt));
}

function diskBytes(): number {
  return statSync(join(folder, 'seen', 'data.mdb')).size;
}

describe('the table of ids seen', () => {
  it('gives back the last that was saved of each run, to a later process too', async () => {
    const runs = ['a-', 'b-', 'é-', '☕-', 'x'.repeat(64)].flatMap((prefix) =>
      [0, 1, 70_000].map((chunk) => run(prefix, { chunk, low: chunk + 1, high: 0xffffffff })),
    );
    const table = new SeenTable(db, '0', 1024);
    await save(
      table,
      runs.map((one) => ({ ...one, low: 0 })),
    );
    await save(table, runs);
    for (const reader of [table, new SeenTable(db, '0', 1024)])
      for (const { prefix, width, chunk, low } of runs)
        expect(reader.find(prefix, width, chunk)).toEqual({ low, high: -1, lastAt: testTime });
  });

  it('keeps shards apart, and runs that differ in width or chunk', async () => {
    const one = new SeenTable(db, '1', 1024);
    const eleven = new SeenTable(db, '11', 1024);
    await save(one, [run('a-')]);
    await save(eleven, [run('b-')]);
    expect([one.find('a-', 4, 0), one.find('b-', 4, 0), eleven.find('a-', 4, 0)].map(Boolean)).toEqual([
      true,
      false,
      false,
    ]);
    expect([one.find('a-', 5, 0), one.find('a-', 4, 1), one.find('1a-', 4, 0)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('reads nothing for an id that was never there, once it has been round', async () => {
    let reads = 0;
    const counted = new Proxy(db, {
      get(target, name) {
        if (name === 'getBinaryFast') reads += 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await save(
      new SeenTable(db, '0', 65_536),
      Array.from({ length: 3_000 }, (_, i) => run(`page${i}-`)),
    );
    const table = new SeenTable(counted, '0', 65_536);
    const readsOf = (prefix: string): number => {
      reads = 0;
      for (let i = 0; i < 3_000; i += 1) table.find(`${prefix}${i}-`, 4, 0);
      return reads;
    };
    expect(readsOf('other')).toBe(3_000);
    for (let i = 0; i < 10; i += 1) await save(table, [run(`late${i}-`)]);
    expect(readsOf('other')).toBeLessThan(60);
    expect(readsOf('page')).toBe(3_000);
    expect(table.find('late9-', 4, 0)).toBeDefined();
  });

  it('refuses an id that is too long for a key before anything is written', async () => {
    const state = await openPumpState(join(folder, 'state'));
    const mark = { position: '1', clockAt: testTime, drained: false };
    const save = state.save('0', {
      mark,
      configHash: 'c',
      put: [],
      drop: [],
      seen: [run('a-'), run('x'.repeat(2_000))],
    });
    await expect(save).rejects.toThrow(/event id of 2000 characters/);
    expect(await state.load('0')).toBeUndefined();
    expect(state.seen('0').find('a-', 4, 0)).toBeUndefined();
    await state.close();
  });

  it('foresees what a save may take on disk', async () => {
    const table = new SeenTable(db, '0', 1024);
    await save(
      table,
      Array.from({ length: 20_000 }, (_, i) => run(`${(i * 7_919) % 20_000}page-`)),
    );
    for (let round = 0; round < 5; round += 1) {
      const before = diskBytes();
      const foreseen = table.bytesToWrite(2_000);
      await save(
        table,
        Array.from({ length: 2_000 }, (_, i) => run(`${i * 10 + round}page-`, { low: round })),
      );
      expect(diskBytes() - before).toBeLessThanOrEqual(foreseen);
      expect(foreseen).toBeLessThan(4_000_000);
    }
  });

  it('is right with a filter that is far too small', async () => {
    const table = new SeenTable(db, '0', 64);
    await save(
      table,
      Array.from({ length: 2_000 }, (_, i) => run(`page${i}-`)),
    );
    for (let i = 0; i < 2_000; i += 1) expect(table.find(`page${i}-`, 4, 0)).toBeDefined();
    expect(table.find('other-', 4, 0)).toBeUndefined();
  });

  it('takes out what is forgotten, not what was seen again', async () => {
    const table = new SeenTable(db, '0', 1024);
    await save(
      table,
      Array.from({ length: 4_000 }, (_, i) => run(`page${i}-`)),
    );
    const later = testTime + horizonMs + 1;
    await save(table, [run('page7-', { lastAt: later })], later);
    for (let i = 0; i < 10; i += 1) await save(table, [], later);
    expect([...db.getKeys()]).toHaveLength(1);
    expect(table.find('page7-', 4, 0)).toMatchObject({ lastAt: later });
  });
});

function idOf(n: number): string {
  return `page${n}-0001`;
}

it('an engine goes on from the state on disk, its ids in the table', async () => {
  const state = await openPumpState(join(folder, 'state'), { filterBytes: 1024 });
  const seen = { store: state.seen('0'), maxBytes: 0 };
  const sessionizer = createSessionizer(windowPresets.seconds, { seen });
  const { configHash } = sessionizer;
  for (let n = 1; n <= 2_000; n += 1) {
    sessionizer.push(click({ event_id: idOf(n) }), testTime + n * 1000);
    if (n % 100 !== 0) continue;
    const mark = { position: String(n), clockAt: testTime + n * 1000, drained: false };
    await state.save('0', {
      mark,
      configHash,
      put: [{ id: n, bytes: sessionizer.changes() }],
      drop: [],
      seen: sessionizer.takeSeen(),
    });
  }
  expect(sessionizer.stats().seenRecords).toBeLessThan(500);
  await state.close();

  const again = await openPumpState(join(folder, 'state'));
  const parts = (await again.load('0'))?.parts.map((part) => part.bytes) ?? [];
  const restored = restoreSessionizer(parts, { seen: { store: again.seen('0'), maxBytes: 0 } });
  expect(restored.stats().seenRecords).toBeLessThan(100);
  for (let n = 1; n <= 2_000; n += 1) restored.push(click({ event_id: idOf(n) }), testTime + 2_000_000);
  expect(restored.stats()).toMatchObject({ events: 2_000, duplicates: 2_000 });
  await again.close();
});
