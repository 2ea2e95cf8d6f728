import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type ClickEvent, encodeEvents } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import type { Commit } from '@taphouse/sessions';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { type Lake, openLake } from './lake.ts';
import { openQuery } from './open-query.ts';

let folder: string;
let lake: Lake;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-'));
  lake = await openLake({ folder: join(folder, 'lines'), now: () => testTime });
});
afterEach(async () => {
  await lake.close();
  await rm(folder, { recursive: true });
});

const mark = { position: '1', clockAt: testTime, drained: false };

function commitOf(events: readonly ClickEvent[], lines?: readonly string[]): Commit {
  const shared = { shard: '0', configHash: 'c', from: null, mark, rows: [], stepMs: 30_000 };
  return { ...shared, events, ...(lines && { lines: lines.map((text) => new TextEncoder().encode(`${text}\n`)) }) };
}

async function rowsOf(path: string): Promise<Record<string, unknown>[]> {
  const query = await openQuery({ folder: path });
  const { rows } = await query.query('FROM rawdata ORDER BY event_id');
  await query.close();
  return rows;
}

/** The rows of events that are stored value by value. */
async function rowsByValue(events: readonly ClickEvent[]): Promise<Record<string, unknown>[]> {
  const path = join(folder, 'values');
  const other = await openLake({ folder: path, now: () => testTime });
  await other.write(commitOf(events));
  await other.close();
  return rowsOf(path);
}

const midnight = Date.UTC(2026, 10, 24);
const events = [
  click({
    user_id: 'Zoë "日本" \' 🍺',
    page_title: 'a\u0000b\u2028c\\',
    properties: { 'k"ey': 'line\nbreak', 日本: '' },
  }),
  click({ clock_offset_ms: -12, referrer: '', ip: '10.0.0.0', device_type: null, properties: {} }),
  click({ received_at: midnight - 1, client_timestamp: midnight - 5_000 }),
  click({ received_at: midnight, client_timestamp: midnight - 5_000 }),
];

it("stores the log's lines as it stores their events, each in the file of its day", async () => {
  await lake.write(commitOf([], [encodeEvents(events.slice(0, 3)), encodeEvents(events.slice(3))]));
  expect(await rowsOf(join(folder, 'lines'))).toEqual(await rowsByValue(events));
  const { files } = await lake.manifest('rawdata');
  expect(files.map(({ rows, minAt, maxAt }) => [rows, minAt, maxAt])).toEqual([
    [3, testTime, midnight - 1],
    [1, midnight, midnight],
  ]);
});

/** Events of one batch in one line, as the pump's reader makes it. */
function inOneLine(batch: readonly ClickEvent[]): string {
  const taphouse_own = batch.map(({ event_id, client_event, client_timestamp, properties }) => ({
    event_id,
    client_event,
    client_timestamp,
    properties,
  }));
  const { event_id: _, client_event: __, client_timestamp: ___, properties: ____, ...shared } = batch[0] as ClickEvent;
  return JSON.stringify({ taphouse_own, ...shared });
}

it('stores a line of several events as it stores the events, beside lines of one', async () => {
  const batch = events.slice(0, 2).map((each) => ({ ...(events[0] as ClickEvent), event_id: each.event_id }));
  batch[1] = { ...(batch[1] as ClickEvent), client_timestamp: testTime - 9, properties: { size: '500' } };
  const [, , ...others] = events;
  await lake.write(commitOf([], [inOneLine(batch), encodeEvents(others)]));
  expect(await rowsOf(join(folder, 'lines'))).toEqual(await rowsByValue([...batch, ...others]));
});

it('leaves out of a line of several events who was erased, and when', async () => {
  await lake.erase({ userIds: ['gone'] });
  const late = testTime + 600_000;
  const sent = [testTime, late + 29_999, late + 30_000].map((client_timestamp) =>
    click({ user_id: 'gone', client_timestamp, received_at: late + 60_000 }),
  );
  const stays = [click({ user_id: 'stays' }), click({ user_id: 'stays' })];
  await lake.write(commitOf([], [inOneLine(sent), inOneLine(stays)]));
  const stored = await rowsOf(join(folder, 'lines'));
  expect(stored.map(({ event_id }) => event_id)).toEqual([sent[2], ...stays].map((each) => each?.event_id));
});

it('sorts events that are not in the order of their arrival, and takes the word of who says they are', async () => {
  const [early, late] = [click({ received_at: testTime }), click({ received_at: testTime + 1 })];
  await lake.write(commitOf([], [encodeEvents([late, early])]));
  await lake.write({
    ...commitOf([], [encodeEvents([early, late])]),
    mark: { ...mark, position: '2' },
    linesInOrder: true,
  });
  const { files } = await lake.manifest('rawdata');
  for (const { path } of files) {
    const query = await openQuery({ folder: join(folder, 'lines') });
    const { rows } = await query.query(`SELECT event_id FROM '${join(folder, 'lines', 'rawdata', path)}'`);
    await query.close();
    expect(rows.map(({ event_id }) => event_id)).toEqual([early.event_id, late.event_id]);
  }
  expect(files).toHaveLength(2);
});

it('leaves out who was erased, up to ten minutes after, and for good if later events are refused', async () => {
  await lake.erase({ userIds: ['gone', "o'hara"] });
  await lake.erase({ userIds: ['refused'], refuseLater: true });
  const late = testTime + 600_000;
  const sent = [
    click({ user_id: 'gone', client_timestamp: testTime }),
    // Its bucket begins at the bound.
    click({ user_id: 'gone', client_timestamp: late + 29_999 }),
    click({ user_id: 'gone', client_timestamp: late + 30_000 }),
    click({ user_id: "o'hara" }),
    click({ user_id: 'refused', client_timestamp: late + 86_400_000 }),
    click({ user_id: 'stays' }),
  ];
  await lake.write(commitOf([], [encodeEvents(sent)]));
  const stored = await rowsOf(join(folder, 'lines'));
  expect(stored.map(({ event_id }) => event_id)).toEqual([sent[2]?.event_id, sent[5]?.event_id]);
});

it('writes no file where all are erased', async () => {
  await lake.erase({ userIds: ['gone'] });
  await lake.write(commitOf([], [encodeEvents([click({ user_id: 'gone' })])]));
  expect((await lake.manifest('rawdata')).files).toEqual([]);
  expect(await lake.mark('0')).toEqual(mark);
});

it.each<[string, Partial<ClickEvent>]>([
  ['half a character', { page_title: 'a\ud800' }],
  ['a number that is none', { clock_offset_ms: 'x' as never }],
  ['properties that are a list', { properties: ['x'] as never }],
  ['properties that are a text', { properties: 'x' as never }],
])('stores what another writer of the log wrote with %s', async (_what, odd) => {
  const sent = [click(odd), click({ page_title: 'fine' })];
  await lake.write(commitOf(sent, [encodeEvents(sent)]));
  const stored = await rowsOf(join(folder, 'lines'));
  expect(stored.map(({ event_id }) => event_id)).toEqual(sent.map(({ event_id }) => event_id));
  expect(stored[1]?.page_title).toBe('fine');
});
