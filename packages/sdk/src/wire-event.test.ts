import { parseBatch } from '@taphouse/schema';
import { expect, test } from 'vitest';
import { shareContext, type WireEvent } from './wire-event.ts';

const at = Date.UTC(2026, 10, 23, 18);

function wireEvent(n: number, fields: Partial<WireEvent> = {}): WireEvent {
  return {
    event_id: `mwtod2l69ucw6kqk-0000000${n}`,
    client_event: 'beer_cart',
    client_timestamp: at + n,
    user_id: 'ann',
    device_id: 'device',
    page_url: 'https://shop/',
    page_title: 'Shop',
    referrer: '',
    clock_offset_ms: 0,
    properties: { n },
    ...fields,
  };
}

/** The events as the collector reads them. */
function read(batch: object): unknown[] {
  const context = { receivedAt: at, ip: null, userAgent: null, newEventId: () => 'new' };
  const { fault, accepted, rejected } = parseBatch(JSON.stringify(batch), context);
  expect([fault, rejected]).toEqual([null, []]);
  return accepted;
}

test('a shared context changes nothing of what the collector reads', () => {
  const events = [
    wireEvent(1),
    wireEvent(2, { user_id: 'bob', page_url: 'https://shop/cart', referrer: 'https://shop/' }),
    wireEvent(3, { clock_offset_ms: 3_600_000, device_type: 'tablet' }),
    wireEvent(4),
  ];
  const plain = read({ events: structuredClone(events) });
  const sent = structuredClone(events) as unknown as Record<string, unknown>[];
  expect(read({ context: shareContext(sent), events: sent })).toEqual(plain);
});

test('what a hook took out of one event does not come back from its neighbour', () => {
  const { referrer: _, ...bare } = wireEvent(2);
  const sent = [wireEvent(1, { referrer: 'https://secret/' }), bare] as unknown as Record<string, unknown>[];
  expect(read({ context: shareContext(sent), events: sent })).toMatchObject([
    { referrer: 'https://secret/' },
    { referrer: null },
  ]);
});

test('an event like its neighbours costs little more than what is its own', () => {
  const sent = Array.from({ length: 9 }, (_, n) => wireEvent(n)) as unknown as Record<string, unknown>[];
  shareContext(sent);
  expect(Object.keys(sent[8] ?? {})).toEqual(['event_id', 'client_timestamp', 'properties']);
});
