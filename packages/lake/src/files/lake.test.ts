import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ownKey } from '@taphouse/schema';
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import type { Commit } from '@taphouse/sessions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Lake, openLake } from './lake.ts';
import { openQuery } from './open-query.ts';
import { maxSmallFiles } from './roll-plan.ts';

let folder: string;
let lake: Lake;
let nowAt = testTime;

beforeEach(async () => {
  nowAt = testTime;
  folder = await mkdtemp(join(tmpdir(), 'lake-'));
  lake = await openLake({ folder, now: () => nowAt });
});

afterEach(async () => {
  await lake.close();
  await rm(folder, { recursive: true });
});

const dayMs = 86_400_000;

function commit(sequence: number, fields: Partial<Commit> = {}): Commit {
  return {
    shard: '0',
    configHash: 's30000-r30000',
    from: sequence === 1 ? null : String(sequence - 1).padStart(8, '0'),
    mark: { position: String(sequence).padStart(8, '0'), clockAt: testTime + sequence, drained: false },
    events: [click()],
    rows: [sessionRow()],
    stepMs: 30_000,
    ...fields,
  };
}

async function ask(sql: string): Promise<Record<string, unknown>[]> {
  const query = await openQuery({ folder });
  try {
    return (await query.query(sql)).rows;
  } finally {
    await query.close();
  }
}

async function count(table: string): Promise<number> {
  const [row] = await ask(`SELECT count(*)::INTEGER AS n FROM ${table}`);
  return row?.n as number;
}

describe('a commit', () => {
  it('reads back as it was written, with every kind of value', async () => {
    const event = click({
      user_id: 'Zoë "日本" \' 🍺',
      page_title: null,
      properties: { price: '4.50', 'lone \ud800': 'half \udc00', nul: 'a\0b' },
      clock_offset_ms: -12,
      client_timestamp: testTime + 123,
    });
    await lake.write(commit(1, { events: [event] }));
    const [row] = await ask('SELECT * FROM rawdata');
    expect(row).toEqual({
      ...event,
      client_timestamp: new Date(event.client_timestamp),
      received_at: new Date(event.received_at),
      properties: { price: '4.50', 'lone \ufffd': 'half \ufffd', nul: 'a\0b' },
    });
  });

  it('keeps a row of aggregated whole', async () => {
    const row = sessionRow({ events: 3, duration_sec: 12, endsession: testTime + 12_345 });
    await lake.write(commit(1, { rows: [row] }));
    const [found] = await ask('SELECT * FROM aggregated');
    const times = ['timeagg', 'beginsession', 'endsession', 'window_open'] as const;
    const expected = {
      ...row,
      ...Object.fromEntries(times.map((name) => [name, new Date(row[name])])),
      events: 3n,
      duration_sec: 12n,
    };
    expect(found).toEqual(expected);
  });

  it('written again changes nothing', async () => {
    await lake.write(commit(1));
    const before = await lake.manifest('rawdata');
    await lake.write(commit(1));
    expect(await lake.manifest('rawdata')).toEqual(before);
    expect(await count('rawdata')).toBe(1);
  });

  it('with the position of the one before but a later clock is another commit', async () => {
    await lake.write(commit(1));
    const { position, clockAt } = commit(1).mark;
    await lake.write(commit(2, { events: [], mark: { position, clockAt: clockAt + 1000, drained: false } }));
    await lake.write(commit(2, { events: [], mark: { position, clockAt: clockAt + 1000, drained: true } }));
    expect([await count('rawdata'), await count('aggregated')]).toEqual([1, 3]);
    expect(await lake.mark('0')).toEqual({ position, clockAt: clockAt + 1000, drained: true });
  });

  it('moves the mark of a table it has no row for', async () => {
    await lake.write(commit(1, { rows: [] }));
    expect((await lake.manifest('aggregated')).marks).toEqual({ 0: commit(1).mark });
    expect((await lake.manifest('aggregated')).files).toEqual([]);
  });

  it('puts each row in the partition of its UTC day', async () => {
    const midnight = Date.UTC(2026, 10, 24);
    await lake.write(commit(1, { events: [click({ received_at: midnight }), click({ received_at: midnight - 1 })] }));
    const { files } = await lake.manifest('rawdata');
    expect(files.map(({ path, minAt, maxAt, rows }) => [path.slice(0, 25), minAt, maxAt, rows])).toEqual(
      [
        ['year=2026/month=11/day=23/', midnight - 1, midnight - 1, 1],
        ['year=2026/month=11/day=24/', midnight, midnight, 1],
      ].map(([path, ...rest]) => [String(path).slice(0, 25), ...rest]),
    );
  });

  it('keeps shards apart', async () => {
    await lake.write(commit(1));
    await lake.write(commit(1, { shard: '1' }));
    expect(await count('rawdata')).toBe(2);
  });
});

describe('a lake', () => {
  it('gives empty tables with their columns before the first commit', async () => {
    const query = await openQuery({ folder: join(folder, 'none') });
    expect(await query.query('SELECT * FROM sessions')).toMatchObject({ rows: [] });
    expect((await query.query('SELECT event_id, properties FROM rawdata')).columns).toEqual(['event_id', 'properties']);
    await query.close();
  });

  it('shows a query that stays open what was committed since', async () => {
    const query = await openQuery({ folder });
    await lake.write(commit(1));
    expect((await query.query('SELECT user_id FROM sessions WHERE events = $n', { n: 1 })).rows).toEqual([
      { user_id: '50' },
    ]);
    await query.close();
  });

  it('gives the rows of the last statement of several, which see what those before did', async () => {
    await lake.write(commit(1));
    const query = await openQuery({ folder });
    const several = `CREATE TEMP TABLE few AS FROM sessions; SELECT 'not this'; SELECT user_id FROM few WHERE events = ?;`;
    expect(await query.query(several, [1])).toEqual({ columns: ['user_id'], rows: [{ user_id: '50' }] });
    expect((await query.query('PIVOT rawdata ON client_event USING count(*) GROUP BY user_id')).rows).toHaveLength(1);
    await expect(query.query('SELECT 1; SELEC 2')).rejects.toThrow('SELEC');
    await expect(query.query('-- nothing')).rejects.toThrow('No statement');
    await query.close();
  });

  it('keeps few small files however many commits, and every row once', async () => {
    const commits = 60;
    for (let sequence = 1; sequence <= commits; sequence += 1) await lake.write(commit(sequence));
    await lake.compact({ before: 0 });
    for (const table of ['rawdata', 'aggregated'] as const) {
      expect((await lake.manifest(table)).files.length).toBeLessThanOrEqual(maxSmallFiles);
      expect(await count(table)).toBe(commits);
    }
  });

  it('joins files of large commits as they are: each keeps its row groups, and every row is there once', async () => {
    const rows = 61_440;
    const shared = JSON.stringify(click()).slice(1);
    for (let sequence = 1; sequence <= maxSmallFiles + 1; sequence += 1) {
      const own = Array.from({ length: rows }, (_, i) => `{"event_id":"${sequence}-${i}"}`);
      const lines = [new TextEncoder().encode(`{"${ownKey}":[${own.join()}],${shared}\n`)];
      await lake.write(commit(sequence, { lines, linesInOrder: true }));
    }
    await lake.compact({ before: 0 });
    const { files } = await lake.manifest('rawdata');
    expect(files).toMatchObject([{ rows: rows * (maxSmallFiles + 1), minAt: testTime, maxAt: testTime }]);
    expect(await ask('SELECT count(DISTINCT event_id)::INTEGER AS ids, count(*)::INTEGER AS n FROM rawdata')).toEqual([
      { ids: rows * (maxSmallFiles + 1), n: rows * (maxSmallFiles + 1) },
    ]);
    const path = join(folder, 'rawdata', files[0]?.path ?? '');
    expect(await ask(`SELECT num_row_groups::INTEGER AS n FROM parquet_file_metadata('${path}')`)).toEqual([
      { n: maxSmallFiles + 1 },
    ]);
    expect((await lake.verify()).faults).toEqual([]);
  });

  it('deletes merged files when their grace is over, not before', async () => {
    for (let sequence = 1; sequence <= maxSmallFiles + 1; sequence += 1) await lake.write(commit(sequence));
    await lake.compact({ before: 0 });
    const { removed } = await lake.manifest('rawdata');
    expect(removed.length).toBeGreaterThan(0);
    nowAt += 4 * 60_000;
    await lake.write(commit(maxSmallFiles + 2));
    expect(await onDisk('rawdata')).toEqual(expect.arrayContaining(removed.map(({ path }) => path)));
    nowAt += 2 * 60_000;
    await lake.write(commit(maxSmallFiles + 3));
    await lake.compact({ before: 0 });
    const { files, removed: left } = await lake.manifest('rawdata');
    expect(await onDisk('rawdata')).toEqual([...files, ...left].map(({ path }) => path).toSorted());
  });

  it('seals a day: rows of a session merged, copies dropped, one file', async () => {
    const copy = click({ event_id: 'twice-1' });
    const late = sessionRow({ beginsession: testTime + 5000, beginnavigation: 'beer_checkout', timeagg: testTime });
    await lake.write(commit(1, { events: [copy, copy], rows: [sessionRow()] }));
    await lake.write(commit(2, { rows: [late] }));
    const sessions = await ask('SELECT * FROM sessions');
    await lake.compact({ before: testTime + dayMs });
    expect(await ask('SELECT * FROM sessions')).toEqual(sessions);
    expect(await ask('SELECT events, beginnavigation, endnavigation FROM aggregated')).toEqual([
      { events: 2n, beginnavigation: 'beer_vitrine_nav', endnavigation: late.endnavigation },
    ]);
    expect([await count('rawdata'), await count('aggregated')]).toEqual([2, 1]);
    const { files } = await lake.manifest('aggregated');
    expect(files).toMatchObject([{ sealed: true, rows: 1, stepMs: 30_000 }]);
  });

  it('knows a copy of a row that comes after its day was sealed', async () => {
    const alone = sessionRow({ user_id: 'alone', row_id: 'alone' });
    const copied = sessionRow({ user_id: 'copied', row_id: 'copied' });
    await lake.write(commit(1, { rows: [alone, copied] }));
    await lake.write(commit(2, { rows: [copied] }));
    const sessions = await ask('SELECT * FROM sessions ORDER BY user_id');
    await lake.compact({ before: testTime + dayMs });
    expect(await count('aggregated')).toBe(2);
    await lake.write(commit(3, { rows: [alone, copied] }));
    expect(await ask('SELECT * FROM sessions ORDER BY user_id')).toEqual(sessions);
    await lake.compact({ before: testTime + dayMs });
    expect(await ask('SELECT * FROM sessions ORDER BY user_id')).toEqual(sessions);
    expect(await count('aggregated')).toBe(2);
  });

  it('seals a day by itself once it is over for an hour, and takes late rows after', async () => {
    await lake.write(commit(1));
    await lake.write(commit(2));
    nowAt = Date.UTC(2026, 10, 24, 2);
    await lake.write(commit(3, { events: [] }));
    await lake.compact({ before: 0 });
    expect((await lake.manifest('aggregated')).files).toMatchObject([{ sealed: true, rows: 1 }]);
    await lake.write(commit(4, { events: [] }));
    await lake.compact({ before: 0 });
    const { files } = await lake.manifest('aggregated');
    expect(files.map(({ sealed }) => sealed)).toEqual([true, false]);
    expect(await ask('SELECT events FROM sessions')).toEqual([{ events: 4n }]);
  });

  it('does not write a sealed day again for a few late rows, and keeps their files few', async () => {
    const rows = Array.from({ length: 400 }, (_, user) => sessionRow({ user_id: `user ${user}` }));
    await lake.write(commit(1, { rows }));
    await lake.compact({ before: testTime + dayMs });
    const [sealed] = (await lake.manifest('aggregated')).files;
    nowAt = Date.UTC(2026, 10, 26);
    for (let late = 2; late <= 40; late += 1) await lake.write(commit(late, { events: [] }));
    await lake.compact({ before: 0 });
    const { files } = await lake.manifest('aggregated');
    expect(files.filter((file) => file.sealed)).toEqual([sealed]);
    expect(files.length).toBeLessThanOrEqual(maxSmallFiles + 1);
    expect(await count('aggregated')).toBe(439);
  });

  it('leaves nothing in its work folder, and no folder behind it when it is closed', async () => {
    for (let sequence = 1; sequence <= maxSmallFiles + 2; sequence += 1) await lake.write(commit(sequence));
    await lake.compact({ before: testTime + dayMs });
    await lake.erase({ userIds: ['50'] });
    const work = join(folder, '.work');
    const [own = ''] = await readdir(work);
    expect(await readdir(join(work, own))).toEqual([]);
    await lake.close();
    expect(await readdir(work)).toEqual([]);
    lake = await openLake({ folder, now: () => nowAt });
  });

  it('goes on where it was when it is opened again', async () => {
    await lake.write(commit(1));
    await lake.close();
    lake = await openLake({ folder, now: () => nowAt });
    expect(await lake.mark('0')).toEqual(commit(1).mark);
    await lake.write(commit(2));
    expect(await count('events')).toBe(2);
  });
});

async function onDisk(table: string): Promise<string[]> {
  const names = await readdir(join(folder, table), { recursive: true });
  return names.filter((name) => name.endsWith('.parquet')).toSorted();
}
