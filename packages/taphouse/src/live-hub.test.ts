import type { LiveMessage } from '@taphouse/schema';
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { type LiveHub, openLiveHub } from './live-hub.ts';

let hub: LiveHub;
let heard: LiveMessage[];
const window = { stepMs: 30_000, rangeMs: 30_000 };
const noneOpen = { total: 0, newest: () => [] };

beforeEach(() => {
  vi.useFakeTimers();
  hub = openLiveHub(window);
  heard = [];
});
afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

function hears(event: LiveMessage['event']): LiveMessage['data'][] {
  return heard.filter((message) => message.event === event).map(({ data }) => data);
}

test('sessions going on are told when they change, and each that ended once, where they are followed', () => {
  const following = openLiveHub(window, { gapMs: 1_800_000 });
  following.subscribe((message) => heard.push(message));
  const goingOn = [sessionRow({ row_id: 'going on' })];
  following.sessions([sessionRow({ row_id: 'ended' })], { total: 3, newest: () => goingOn });
  vi.advanceTimersByTime(500);
  following.close();
  expect(hears('ended')).toMatchObject([{ total: 1, rows: [{ row_id: 'ended' }] }]);
  expect(hears('ongoing')).toMatchObject([
    { total: 0, rows: [], gapMs: 1_800_000 },
    { total: 3, rows: [{ row_id: 'going on' }], gapMs: 1_800_000 },
  ]);
});

test('where no sessions are followed, none are told of', () => {
  hub.subscribe((message) => heard.push(message));
  vi.advanceTimersByTime(500);
  expect(heard.map(({ event }) => event)).not.toContain('ongoing');
});

test('a click is told within a tenth of a second, and once', () => {
  hub.subscribe((message) => heard.push(message));
  hub.slice([click({ event_id: 'a-1' })], [], noneOpen);
  vi.advanceTimersByTime(100);
  vi.advanceTimersByTime(1_000);
  expect(hears('clicks')).toMatchObject([{ total: 1, clicks: [{ event_id: 'a-1' }] }]);
});

test('of a flood the newest are told, with the true count', () => {
  hub.subscribe((message) => heard.push(message));
  const flood = Array.from({ length: 5_000 }, (_, index) => click({ event_id: `f-${index}` }));
  hub.slice(flood, [], noneOpen);
  vi.advanceTimersByTime(100);
  const [message] = hears('clicks') as { total: number; clicks: { event_id: string }[] }[];
  expect(message?.total).toBe(5_000);
  expect(message?.clicks).toHaveLength(200);
  expect(message?.clicks.at(-1)?.event_id).toBe('f-4999');
});

test('a new viewer gets the rows that are closed and not in the lake yet, and only those', () => {
  hub.slice([], [sessionRow({ row_id: 'in the lake' }), sessionRow({ row_id: 'not yet' })], noneOpen);
  hub.committed([sessionRow({ row_id: 'in the lake' })]);
  vi.advanceTimersByTime(100);
  hub.subscribe((message) => heard.push(message));
  expect(hears('sessions')).toMatchObject([{ total: 1, rows: [{ row_id: 'not yet' }] }]);
});

test('open windows are told when they change, with step and range', () => {
  hub.subscribe((message) => heard.push(message));
  const rows = [sessionRow({ row_id: 'open' })];
  hub.slice([], [], { total: 7, newest: () => rows });
  vi.advanceTimersByTime(500);
  expect(hears('windows')).toMatchObject([
    { total: 0, ...window },
    { total: 7, rows: [{ row_id: 'open' }], ...window },
  ]);
});

test('of who is hidden nothing is told, from then on', () => {
  const following = openLiveHub(window, { gapMs: 1_800_000 });
  following.subscribe((message) => heard.push(message));
  const rows = ['seen', 'erased'].map((user_id) => sessionRow({ row_id: user_id, user_id }));
  const open = { total: 2, newest: () => rows };
  const clicks = ['seen', 'erased'].map((user_id) => click({ user_id }));
  following.slice(clicks, rows, open);
  following.sessions(rows, open);
  following.hide((userId, at) => userId === 'erased' && at <= testTime);
  vi.advanceTimersByTime(100);
  following.subscribe((message) => heard.push(message))();
  expect(JSON.stringify(heard)).toContain('seen');
  expect(JSON.stringify(heard)).not.toContain('erased');
  following.slice([click({ user_id: 'erased', client_timestamp: testTime + 1 })], [], open);
  vi.advanceTimersByTime(100);
  following.close();
  expect(hears('clicks')).toMatchObject([{ clicks: [{ user_id: 'seen' }] }, { clicks: [{ user_id: 'erased' }] }]);
});

test('one who has left hears nothing more', () => {
  const leave = hub.subscribe((message) => heard.push(message));
  leave();
  heard = [];
  hub.slice([click()], [], noneOpen);
  hub.lake({ table: 'rawdata', version: 2 });
  vi.advanceTimersByTime(200);
  expect(heard).toEqual([]);
});
