import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvents } from './click-event.ts';
import { limits } from './limits.ts';
import { type BatchContext, parseBatch } from './parse-batch.ts';
import { createQuickReader, type QuickBatch, type VisitorLines } from './quick-batch.ts';
import { anyBatch, numRuns, usualBatch } from './testing/any-batch.ts';
import { testTime } from './testing.ts';

const context: BatchContext = {
  receivedAt: testTime,
  ip: '192.0.2.0',
  userAgent: 'Mozilla/5.0 "quoted"',
  deviceType: 'tablet',
  newEventId: () => 'made',
};

/** What was read quickly beside what parseBatch reads, in one form. */
function both(quick: QuickBatch, body: string): unknown[] {
  const { fault, accepted, rejected, ...envelope } = parseBatch(body, context);
  const byVisitor = Map.groupBy(accepted, ({ user_id, device_id }) => JSON.stringify([user_id, device_id]));
  const { accepted: count, visitors, ...quickEnvelope } = quick;
  const lines = new Map(
    visitors.map(({ user_id, device_id, lines: text }) => [JSON.stringify([user_id, device_id]), decodeEvents(text)]),
  );
  return [
    { count, events: [...lines], twice: visitors.filter(hasTwice), ...quickEnvelope },
    { count: accepted.length, events: [...byVisitor], twice: [], ...envelope, ...(fault && { fault, rejected }) },
  ];
}

/** Whether a line has a field twice, or spaces: then it is longer than what is read from it. */
function hasTwice({ lines }: VisitorLines): boolean {
  return lines.split('\n').some((line) => JSON.stringify(JSON.parse(line)).length !== line.length);
}

it(`reads of ${numRuns} batches none otherwise than parseBatch`, () => {
  const read = createQuickReader();
  let quickly = 0;
  const batch = fc.oneof({ weight: 9, arbitrary: usualBatch() }, { weight: 1, arbitrary: anyBatch() });
  fc.assert(
    fc.property(batch, (value) => {
      const body = JSON.stringify(value);
      // Each may teach one shape.
      for (let i = 0; i < 4; i += 1) read(body, context);
      const quick = read(body, context);
      if (!quick) return;
      quickly += 1;
      const [found, wanted] = both(quick, body);
      expect(found).toEqual(wanted);
    }),
    { numRuns },
  );
  expect(quickly / numRuns).toBeGreaterThan(0.1);
}, 1_800_000);

describe('a reader that has seen the shape', () => {
  const event = {
    event_id: 'e-1',
    client_event: 'beer_cart',
    client_timestamp: testTime,
    page_title: '',
    properties: { size: 500, draught: true, note: '啤酒 🍺' },
  };
  const batch = {
    write_key: 'shop',
    batch_id: 'b',
    context: { user_id: 7, device_id: 'd', referrer: '' },
    events: [event],
  };
  const start = (): ((body: string) => QuickBatch | null) => {
    const read = createQuickReader();
    read(JSON.stringify(batch), context);
    return (body) => read(body, context);
  };

  it('takes events written alike, and writes them as parseBatch would', () => {
    const body = JSON.stringify({ ...batch, events: [event, { ...event, client_event: 'other', page_title: '' }] });
    const quick = start()(body);
    const [found, wanted] = both(quick!, body);
    expect(found).toEqual(wanted);
    expect(quick).toMatchObject({ accepted: 2, writeKey: 'shop', batchId: 'b', visitors: [{ user_id: '7' }] });
  });

  it('takes events that share all but their ids, as the SDK writes those of one moment', () => {
    const { event_id: _, ...shared } = event;
    const events = [{ event_id: 'e-1' }, { event_id: 'e-2' }];
    const body = JSON.stringify({ ...batch, context: { ...batch.context, ...shared }, events });
    const quick = start()(body);
    const [found, wanted] = both(quick!, body);
    expect(found).toEqual(wanted);
  });

  it('puts together what one visitor did, visitors in the order of their first events', () => {
    const own = ['a', 'b', 'a'].map((user_id) => ({ user_id, ...event }));
    const body = JSON.stringify({ ...batch, events: own });
    const quick = start()(body);
    const [found, wanted] = both(quick!, body);
    expect(found).toEqual(wanted);
    expect(quick?.visitors.map(({ user_id }) => user_id)).toEqual(['a', 'b']);
  });

  const good = JSON.stringify(batch);
  it.each([
    ['an escape', good.replace('beer_cart', 'beer\\u005fcart')],
    ['spaces', JSON.stringify(batch, null, 1)],
    ['an event before the rest', JSON.stringify({ events: [event], context: batch.context })],
    ['two lists of events', good.replace(/\}$/, `,"events":[${JSON.stringify(event)}]}`)],
    ['a key twice', good.replace('"page_title":""', '"page_title":"","page_title":"x"')],
    ['a property twice', good.replace('"size":500', '"size":500,"size":501')],
    ['a field nobody knows', good.replace('"page_title":""', '"page_title":"","other":1')],
    ['no event_id', good.replace('"event_id":"e-1",', '')],
    ['an old event', good.replace(String(testTime), String(testTime - limits.maxAgeMs - 1))],
    ['an event ahead of time', good.replace(String(testTime), String(testTime + limits.maxAheadMs + 1))],
    ['a fault in the context', good.replace('"device_id":"d"', '"device_id":true')],
    ['a number in another notation', good.replace('500', '5e2')],
    ['a number with a zero too many', good.replace('500', '500.0')],
    ['minus zero', good.replace('500', '-0')],
    ['a text over its limit', good.replace('啤酒', 'x'.repeat(limits.maxPropertyValueLength))],
    ['a control in a name', good.replace('beer_cart', 'beer\u0085cart')],
    ['half of a surrogate pair', good.replace('🍺', '\ud83c')],
    [
      'too many events',
      JSON.stringify({ ...batch, events: Array.from({ length: limits.maxEvents + 1 }, () => event) }),
    ],
    [
      'too many values',
      JSON.stringify({
        ...batch,
        events: Array.from({ length: limits.maxEvents }, () => ({
          ...event,
          properties: Object.fromEntries(Array.from({ length: limits.maxProperties }, (_, i) => [`p${i}`, i])),
        })),
      }),
    ],
    ['something behind it', `${good} `],
    ['no end', good.slice(0, -1)],
    ['a deep context', good.replace('"referrer":""', `"x":${'['.repeat(40)}${']'.repeat(40)}`)],
  ])('leaves %s to parseBatch', (_, body) => {
    expect(start()(body)).toBeNull();
  });

  it('learns at most one way of writing from each batch', () => {
    const others = Array.from({ length: 3 }, (_, i) => ({ ...event, properties: { [`p${i}`]: 1 } }));
    const body = JSON.stringify({ ...batch, events: others });
    const read = start();
    expect([read(body), read(body), read(body)].map((quick) => quick?.accepted)).toEqual([undefined, undefined, 3]);
  });

  it('still reads when it has seen more ways of writing than it keeps', () => {
    const read = start();
    for (let i = 0; i < 500; i += 1) {
      const body = JSON.stringify({ ...batch, events: [{ ...event, properties: { [`p${i}`]: 'x' } }] });
      const [found, wanted] = both(read(body)!, body);
      expect(found).toEqual(wanted);
    }
  });
});
