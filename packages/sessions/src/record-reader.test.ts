import { type ClickEvent, createQuickReader, decodeEvents, decodeLines, encodeEvents, tables } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventHead } from './line-layout.ts';
import { RecordReader } from './record-reader.ts';

const numRuns = 500;
const seed = Number(process.env.TAPHOUSE_SEED ?? 20_261_128);

/** What a reader finds; and what it hands on as text is the same events. */
function read(reader: RecordReader, data: string): { events: EventHead[]; faults: string[] } {
  const faults: string[] = [];
  const record = { position: '7', arrivedAt: testTime, partitionKey: 'k', data };
  const { events, lines } = reader.read(record, (fault) => faults.push(fault.message));
  const sent = faults.length > 0 ? [] : data.split('\n').map((line) => JSON.parse(line) as unknown);
  expect(lines === '' ? [] : decodeLines(lines)).toEqual(sent);
  return { events, faults };
}

function headOf(event: ClickEvent): EventHead {
  const { event_id, user_id, device_id, client_event, client_timestamp, received_at } = event;
  return { event_id, user_id, device_id, client_event, client_timestamp, received_at };
}

/** Text with much of what has a meaning in JSON. */
const text = fc.string({
  unit: fc.constantFrom('a', '"', ':', ',', '{', '}', '\\', '\n', '\u0000', 'é', '🍺', 'user_id'),
  maxLength: 12,
});
const nullable = fc.option(text);
const event: fc.Arbitrary<ClickEvent> = fc.record({
  event_id: text,
  user_id: fc.oneof(text, fc.constant('u1')),
  device_id: fc.oneof(text, fc.constant('d1')),
  client_event: text,
  client_timestamp: fc.oneof(fc.maxSafeInteger(), fc.constant(0), fc.constant(testTime)),
  received_at: fc.constantFrom(testTime, -1, 999_999_999_999_999),
  page_url: nullable,
  page_title: nullable,
  referrer: nullable,
  device_type: fc.constantFrom('mobile' as const, null),
  properties: fc.dictionary(fc.oneof(text, fc.constantFrom(...tables.rawdata.map(({ name }) => name))), text),
  clock_offset_ms: fc.option(fc.integer()),
  ip: nullable,
  user_agent: nullable,
});

/** Lines whose columns are in this order. */
function inOrder(events: readonly ClickEvent[], order: readonly string[]): string {
  const sorted = events.map((each) => order.map((name) => [name, each[name as keyof ClickEvent]] as const));
  return encodeEvents(sorted.map((entries) => Object.fromEntries(entries) as unknown as ClickEvent)).replaceAll(
    `},{"${order[0]}":`,
    `}\n{"${order[0]}":`,
  );
}

describe('a record reader', () => {
  it('reads the heads that JSON.parse reads, whatever the text and the order of columns', () => {
    const names = tables.rawdata.map(({ name }) => name);
    const order = fc.oneof(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(event, { minLength: 1, maxLength: 5 }), order), { maxLength: 6 }),
        (records) => {
          const reader = new RecordReader();
          for (const [events, columns] of records) {
            // A second time, when the layout is known.
            for (let i = 0; i < 2; i += 1) {
              const found = read(reader, inOrder(events, columns));
              expect(found.faults).toEqual([]);
              expect(found.events.map((each) => headOf(each as ClickEvent))).toEqual(events.map(headOf));
            }
          }
        },
      ),
      { numRuns, seed },
    );
  });

  it('takes and refuses of damaged lines what JSON.parse takes and refuses', () => {
    const damage = fc.record({ at: fc.nat(2_000), length: fc.nat(3), by: text });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 3 }), damage, (events, { at, length, by }) => {
        const reader = new RecordReader();
        read(reader, encodeEvents([click(), click()]));
        const whole = encodeEvents(events);
        const place = at % (whole.length + 1);
        const damaged = whole.slice(0, place) + by + whole.slice(place + length);
        const found = read(reader, damaged).events.map((each) => headOf(each as ClickEvent));
        expect(found).toEqual(parsedHeads(damaged));
      }),
      { numRuns: numRuns * 4, seed },
    );
  });

  it('reads the lines of the quick reader', () => {
    const quick = createQuickReader();
    const context = { receivedAt: testTime, ip: null, userAgent: 'Mozilla/5.0', deviceType: 'mobile' as const };
    const clicks = [1, 2, 3].map((i) => ({
      event_id: `tap-${i}`,
      client_event: 'beer_cart',
      client_timestamp: testTime + i,
    }));
    const shared = { user_id: 'u', device_id: 'd', page_url: 'https://shop.example/' };
    const body = JSON.stringify({ write_key: 'k', sent_at: testTime, context: shared, events: clicks });
    const lines = [1, 2, 3, 4].map(() => quick(body, { ...context, newEventId: () => '' })?.visitors[0]?.lines).at(-1);
    expect(lines).toBeDefined();
    const reader = new RecordReader();
    read(reader, lines!);
    expect(read(reader, lines!).events).toEqual(decodeEvents(lines!).map(headOf));
  });

  it('says once what all lines of a record share, if they share it all', () => {
    const reader = new RecordReader();
    const linesOf = (events: readonly ClickEvent[]): string =>
      reader.read({ position: '7', arrivedAt: testTime, partitionKey: 'k', data: encodeEvents(events) }, () => {})
        .lines;
    const shared = { page_title: 'Pilsner', user_agent: 'Mozilla/5.0', received_at: testTime };
    const batch = [1, 2, 3].map((i) => {
      const { event_id, client_event, client_timestamp, properties, ...rest } = click({
        ...shared,
        event_id: `tap-${i}`,
      });
      return { event_id, client_event, client_timestamp, properties, ...rest };
    });
    linesOf(batch);
    expect(linesOf(batch).split('Mozilla')).toHaveLength(2);
    expect(decodeLines(linesOf(batch))).toEqual(batch);
    const elsewhere = [...batch, { ...(batch[0] as ClickEvent), page_title: 'Weissbier' }, ...batch];
    expect(linesOf(elsewhere)).toBe(encodeEvents(elsewhere));
    expect(linesOf(batch.slice(1, 2))).toBe(encodeEvents(batch.slice(1, 2)));
  });

  it('refuses a line that looks as if it held several events', () => {
    const line = JSON.stringify({ ...click(), taphouse_own: [click(), click()] });
    expect(read(new RecordReader(), line)).toEqual({ events: [], faults: [expect.stringContaining('record 7')] });
  });

  it('does not take a column of the line before for one that is not there, or is there twice', () => {
    const line = JSON.stringify(click({ user_id: 'a' }));
    const without = line.replace('"user_id":"a",', '');
    const twice = line.replace('"user_id":"a",', '"user_id":"a","user_id":"b",');
    const reader = new RecordReader();
    read(reader, `${line}\n${line}`);
    expect(read(reader, `${line}\n${without}`)).toEqual({ events: [], faults: [expect.stringContaining('record 7')] });
    expect(read(reader, `${line}\n${twice}`).events.map(({ user_id }) => user_id)).toEqual(['a', 'b']);
  });

  it('goes on with lines of more layouts than it remembers', () => {
    const names = tables.rawdata.map(({ name }) => name);
    const reader = new RecordReader();
    for (let i = 0; i < 200; i += 1) {
      const order = [...names.slice(i % 14), ...names.slice(0, i % 14)];
      if (i % 3 > 0) order.reverse();
      const one = click({ user_id: `u${i}`, page_title: i % 2 ? null : 'x' });
      expect(read(reader, inOrder([one, one], order)).events[1]?.user_id).toBe(`u${i}`);
    }
  });
});

/** The heads of lines as JSON.parse reads them, or none if one line is no event. */
function parsedHeads(lines: string): EventHead[] {
  try {
    const events = lines.split('\n').map((line) => JSON.parse(line) as ClickEvent);
    const good = events.every(
      (each) =>
        each !== null &&
        [each.event_id, each.user_id, each.device_id, each.client_event].every((value) => typeof value === 'string') &&
        each.event_id.length <= 64 &&
        Number.isSafeInteger(each.client_timestamp) &&
        Number.isSafeInteger(each.received_at),
    );
    return good && lines !== '' ? events.map(headOf) : [];
  } catch {
    return [];
  }
}
