import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeLake } from '../testing.ts';
import { importedEvent } from './import-files.ts';
import { directoryStore } from './directory-store.ts';
import type { FileStore } from './file-store.ts';
import { type Lake, openLake } from './lake.ts';
import { openQuery } from './open-query.ts';
import { objectsOf } from './read-records.ts';

let folder: string;
let source: string;
let lake: Lake;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-'));
  source = await mkdtemp(join(tmpdir(), 'source-'));
  lake = await openLake({ folder, sealAfterMs: Infinity });
});

afterEach(async () => {
  await lake.close();
  await Promise.all([folder, source].map((each) => rm(each, { recursive: true })));
});

async function ask(sql: string): Promise<Record<string, unknown>[]> {
  const query = await openQuery({ folder });
  const { rows } = await query.query(sql);
  await query.close();
  return rows;
}

/** A record of the article's generator. */
function beer(second: number, fields: Record<string, unknown> = {}): string {
  const time = `2019-06-28 12:00:${String(second).padStart(2, '0')}.120`;
  return JSON.stringify({
    user_id: 55,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp: time,
    ...fields,
  });
}

async function firehose(): Promise<void> {
  await mkdir(join(source, '2019/06/28/12'), { recursive: true });
  await mkdir(join(source, '2019/06/29/00'), { recursive: true });
  // Firehose writes records one behind the other.
  await writeFile(
    join(source, '2019/06/28/12/beers-1-a'),
    beer(1) + beer(2) + beer(59, { client_event: 'beer_checkout' }),
  );
  await writeFile(join(source, '2019/06/28/12/beers-1-b.gz'), gzipSync(`${beer(3)}\n${beer(4)}\n`));
  await writeFile(
    join(source, '2019/06/29/00/beers-1-c'),
    beer(1, { client_timestamp: '2019-06-29T00:00:01+02:00', user_id: 'Zoë } {' }) + '{"user_id": 1}\nnot json\n',
  );
}

describe('import', () => {
  it('takes in folders as Firehose writes them, and makes their sessions', async () => {
    await firehose();
    const refused: { number: number; reason: string }[] = [];
    const report = await lake.import({ path: source, onRefused: (each) => refused.push(each) });
    expect(report).toMatchObject({ files: 3, ofFiles: 3, events: 6, refused: 2, skipped: 0, sessions: 3 });
    expect(report.bytes).toBe(report.ofBytes);
    expect(refused.map(({ number }) => number)).toEqual([2, 3]);
    expect(refused[0]?.reason).toMatch(/device_id: missing/);
    const sessions = await ask(
      'SELECT session_id, user_id, events, beginsession, duration_sec, endnavigation FROM sessions ORDER BY beginsession',
    );
    expect(sessions).toEqual([
      {
        session_id: '55_MOB1561723200',
        user_id: '55',
        events: 4n,
        beginsession: new Date('2019-06-28T12:00:01.120Z'),
        duration_sec: 3n,
        endnavigation: 'beer_cart',
      },
      {
        session_id: '55_MOB1561723230',
        user_id: '55',
        events: 1n,
        beginsession: new Date('2019-06-28T12:00:59.120Z'),
        duration_sec: 0n,
        endnavigation: 'beer_checkout',
      },
      {
        session_id: 'ZOë } {_MOB1561759200',
        user_id: 'Zoë } {',
        events: 1n,
        beginsession: new Date('2019-06-28T22:00:01Z'),
        duration_sec: 0n,
        endnavigation: 'beer_cart',
      },
    ]);
  });

  it('leaves out what it has taken in, and takes what is new', async () => {
    await firehose();
    await lake.import({ path: source });
    await writeFile(join(source, '2019/06/28/12/beers-1-d'), beer(5));
    expect(await lake.import({ path: source })).toMatchObject({ files: 1, events: 1, skipped: 3 });
    expect(await ask('SELECT sum(events)::INTEGER AS n FROM sessions')).toEqual([{ n: 7 }]);
  });

  it('takes another file of the same name and size for another one, and one that has grown for the same', async () => {
    const [monday, tuesday] = [join(source, 'monday'), join(source, 'tuesday')];
    await Promise.all([mkdir(monday), mkdir(tuesday)]);
    await writeFile(join(monday, 'clicks.jsonl'), `${beer(1)}\n${beer(2)}\n`);
    await writeFile(join(tuesday, 'clicks.jsonl'), `${beer(3)}\n${beer(4)}\n`);
    expect(await lake.import({ path: join(monday, 'clicks.jsonl') })).toMatchObject({ events: 2, skipped: 0 });
    expect(await lake.import({ path: join(tuesday, 'clicks.jsonl') })).toMatchObject({ events: 2, skipped: 0 });
    expect(await lake.import({ path: join(tuesday, 'clicks.jsonl') })).toMatchObject({ events: 0, skipped: 1 });
    expect(await ask('SELECT count(*)::INTEGER AS n FROM events')).toEqual([{ n: 4 }]);
    await appendFile(join(tuesday, 'clicks.jsonl'), `${beer(5)}\n`);
    await lake.import({ path: join(tuesday, 'clicks.jsonl') });
    expect(await ask('SELECT count(*)::INTEGER AS n FROM events')).toEqual([{ n: 5 }]);
    expect(await ask('SELECT sum(events)::INTEGER AS n FROM sessions')).toEqual([{ n: 5 }]);
  });

  it('knows by name and size what a ledger of an older version says was taken in', async () => {
    await writeFile(join(source, 'a'), beer(1));
    await lake.import({ path: source });
    const ledger = join(folder, 'imported.json');
    const now = await readFile(ledger, 'utf8');
    await writeFile(ledger, now.replace(/"(a\|\d+)\|[0-9a-f]{16}"/, '"$1"'));
    expect(await readFile(ledger, 'utf8')).not.toBe(now);
    expect(await lake.import({ path: source })).toMatchObject({ files: 0, skipped: 1 });
  });

  it('cut off after its events were written counts them once when it is run again', async () => {
    await firehose();
    const died = lake.import({
      path: source,
      maxEvents: 2,
      onProgress: ({ events }) => {
        if (events >= 4) throw new Error('died');
      },
    });
    await expect(died).rejects.toThrow('died');
    await lake.import({ path: source });
    expect(await ask('SELECT count(*)::INTEGER AS n FROM events')).toEqual([{ n: 6 }]);
    expect(await ask('SELECT sum(events)::INTEGER AS n FROM sessions')).toEqual([{ n: 6 }]);
    expect(await lake.check({ from: Date.UTC(2019, 5, 28), to: Date.UTC(2019, 5, 29) })).toMatchObject({
      missing: 0,
      unfounded: 0,
    });
  });

  it('takes in what was exported as JSON, every field as it was', async () => {
    const events = [
      click({
        properties: { beer: 'ale "x"', price: '4.50' },
        page_url: 'https://shop.example/é',
        user_agent: 'UA',
        ip: '10.0.0.0',
      }),
      click({ received_at: testTime + 86_400_000, clock_offset_ms: -5, device_type: null }),
    ];
    const made = await mkdtemp(join(tmpdir(), 'made-'));
    await makeLake({ folder: made, events });
    const query = await openQuery({ folder: made });
    const sql = 'SELECT * FROM rawdata ORDER BY event_id';
    const there = await query.query(sql);
    expect(await query.exportTo(join(source, 'events.jsonl'), { sql: `${sql};`, format: 'json' })).toEqual({ rows: 2 });
    await query.close();
    await rm(made, { recursive: true });
    await lake.import({ path: join(source, 'events.jsonl'), stepMs: null });
    expect(await ask(sql)).toEqual(there.rows);
    expect(await ask('SELECT * FROM aggregated')).toEqual([]);
  });

  it('takes the same events from another file when the first one is merged and gone', async () => {
    let nowAt = Date.now();
    await lake.close();
    lake = await openLake({ folder, now: () => nowAt });
    const lines = [1, 2, 3].map((second) => beer(second, { event_id: `e-${second}` })).join('\n');
    for (const name of ['a.jsonl', 'b.jsonl', 'c.jsonl']) {
      await writeFile(join(source, name), lines);
      await lake.import({ path: join(source, name) });
      await lake.compact();
      nowAt += 6 * 60_000;
    }
    expect(await lake.verify()).toMatchObject({ faults: [] });
    expect(await ask('SELECT count(*)::INTEGER AS n FROM events')).toEqual([{ n: 3 }]);
    expect(await ask('SELECT sum(events)::INTEGER AS n FROM sessions')).toEqual([{ n: 3 }]);
  });

  it.each([
    ['before', 'rawdata'],
    ['after', 'rawdata'],
    ['before', 'aggregated'],
    ['after', 'aggregated'],
  ])('stores nothing of who is erased %s a file of %s is stored', async (when, table) => {
    await lake.close();
    lake = await openLake({ folder });
    await writeFile(join(source, 'two'), `${beer(1, { user_id: 'gone' })}\n${beer(2, { user_id: 'stays' })}`);
    const store = directoryStore(folder);
    let isErased = false;
    const erase = async (): Promise<void> => {
      if (isErased) return;
      isErased = true;
      await lake.erase({ userIds: ['gone'] });
    };
    const putFile: FileStore['putFile'] = async (key, path) => {
      const isMeant = key.startsWith(table);
      if (isMeant && when === 'before') await erase();
      const bytes = await store.putFile(key, path);
      if (isMeant && when === 'after') await erase();
      return bytes;
    };
    const other = await openLake({ store: { ...store, putFile }, workFolder: source });
    await other.import({ path: join(source, 'two') });
    expect(await other.verify()).toMatchObject({ faults: [] });
    await other.close();
    expect(isErased).toBe(true);
    expect(await ask('SELECT DISTINCT user_id FROM rawdata')).toEqual([{ user_id: 'stays' }]);
    expect(await ask('SELECT DISTINCT user_id FROM aggregated')).toEqual([{ user_id: 'stays' }]);
  });

  it('says whose sessions it can not make yet, and makes them with the next import', async () => {
    const at = Date.now() - 60_000;
    const mark = { position: '1', clockAt: at, drained: false };
    const none = { shard: '0', configHash: 'c', from: null, events: [], rows: [], stepMs: 30_000 };
    await lake.write({ ...none, mark });
    await writeFile(join(source, 'late'), beer(1, { client_timestamp: at, event_id: 'late' }));
    const path = join(source, 'late');
    expect(await lake.import({ path })).toMatchObject({ events: 1, sessions: 0, visitorsLeft: 1 });
    await lake.write({ ...none, from: '1', mark: { position: '2', clockAt: at + 3_600_000, drained: false } });
    expect(await lake.import({ path })).toMatchObject({ events: 0, skipped: 1, sessions: 1, visitorsLeft: 0 });
    expect(await lake.import({ path })).toMatchObject({ sessions: 0 });
  });

  it('leaves out users that were erased', async () => {
    await firehose();
    await lake.erase({ userIds: ['55'] });
    await lake.import({ path: source });
    expect(await ask('SELECT DISTINCT user_id FROM rawdata')).toEqual([{ user_id: 'Zoë } {' }]);
  });
});

function id(number: number, name: string): string {
  const event = importedEvent({ number, text: '', value: JSON.parse(beer(1)) as unknown }, name);
  return typeof event === 'string' ? event : event.event_id;
}

describe('an imported record', () => {
  it.each([
    ['2019-06-28 12:00:01', '2019-06-28T12:00:01.000Z'],
    ['2019-06-28T12:00:01.123456', '2019-06-28T12:00:01.123Z'],
    ['2019-06-28 12:00:01.5 UTC', '2019-06-28T12:00:01.500Z'],
    ['2019-06-28T12:00:01-0730', '2019-06-28T19:30:01.000Z'],
    [1_561_723_201_000, '2019-06-28T12:00:01.000Z'],
  ])('at %s happened at %s', (written, meant) => {
    const value = JSON.parse(beer(1, { client_timestamp: written })) as unknown;
    expect(importedEvent({ number: 1, text: '', value }, 'a')).toMatchObject({
      client_timestamp: Date.parse(meant),
      received_at: Date.parse(meant),
    });
  });

  it.each([
    [
      { client_timestamp: 1_561_723_200_000_000 },
      /^client_timestamp: 1561723200000000 is not in the years 1000 to 9999/,
    ],
    [{ client_timestamp: -70_000_000_000_000 }, /^client_timestamp: /],
    [{ received_at: 1e300 }, /^received_at: 1e\+300 is not in the years/],
    [{ received_at: -1e15 }, /^received_at: /],
  ])('with a time that no day has, %o, is none', (fields, reason) => {
    const value = JSON.parse(beer(1, fields)) as unknown;
    expect(importedEvent({ number: 1, text: '', value }, 'a')).toMatch(reason);
  });

  it('arrived at a whole millisecond', () => {
    const value = JSON.parse(beer(1, { received_at: 1_561_723_201_000.5 })) as unknown;
    expect(importedEvent({ number: 1, text: '', value }, 'a')).toMatchObject({ received_at: 1_561_723_201_001 });
  });

  it('without an id gets one of its file and its place, always the same', () => {
    expect(id(1, 'a')).toMatch(/^[0-9a-f]{16}-00000001$/);
    expect(id(1, 'a')).toBe(id(1, 'a'));
    expect(new Set([id(1, 'a'), id(2, 'a'), id(1, 'b')]).size).toBe(3);
  });
});

describe('objects on one line', () => {
  it('are told apart by their brackets, whatever their texts hold', () => {
    const objects = ['{"a":"}{"}', String.raw`{"b":"\"}\\"}`, '{"c":{"d":[{}]}}'];
    expect(objectsOf(objects.join(''))).toEqual(objects);
    expect(objectsOf(objects.join(' '))).toEqual(objects);
    expect(objectsOf('')).toEqual([]);
    expect(objectsOf('{"a":1} rest {"b":')).toEqual(['{"a":1}', 'rest {"b":']);
  });
});

describe('export', () => {
  it('writes CSV with a header, and Parquet', async () => {
    await makeLake({ folder, rows: [sessionRow({ user_id: 'a,"b"' })] });
    const query = await openQuery({ folder });
    const sql = 'SELECT user_id, events FROM sessions';
    await query.exportTo(join(source, 's.csv'), { sql: `${sql} -- of all`, format: 'csv' });
    await query.exportTo(join(source, 's.parquet'), { sql, format: 'parquet' });
    expect(await readFile(join(source, 's.csv'), 'utf8')).toBe('user_id,events\n"a,""b""",1\n');
    const { rows } = await query.query(`SELECT * FROM '${join(source, 's.parquet')}'`);
    expect(rows).toEqual([{ user_id: 'a,"b"', events: 1n }]);
    await query.close();
  });
});
