import { describe, expect, it } from 'vitest';
import { limits } from './limits.ts';
import { type BatchContext, type ParsedBatch, parseBatch } from './parse-batch.ts';
import { testTime } from './testing.ts';

const context: BatchContext = {
  receivedAt: testTime,
  ip: null,
  userAgent: 'test',
  newEventId: () => 'made-here',
};

const good = {
  event_id: 'a-1',
  user_id: 'u',
  device_id: 'mobile',
  client_event: 'beer_cart',
  client_timestamp: testTime - 1000,
};

function parse(events: unknown[], envelope: Record<string, unknown> = {}): ParsedBatch {
  return parseBatch(JSON.stringify({ ...envelope, events }), context);
}

/** The reason one event is refused with, or null. */
function reasonFor(fields: Record<string, unknown>): string | null {
  return parse([{ ...good, ...fields }]).rejected[0]?.reason ?? null;
}

/** Event text with `value` as raw JSON, for what JSON.stringify cannot write. */
function rawReason(field: string, value: string): string | null {
  const text = JSON.stringify({ events: [{ ...good, [field]: '@' }] }).replace('"@"', value);
  return parseBatch(text, context).rejected[0]?.reason ?? null;
}

describe('a batch', () => {
  it('gives each event in canonical form, in order', () => {
    const { fault, accepted, rejected } = parse([good, { ...good, event_id: 'a-2', user_id: 57 }]);
    expect({ fault, rejected }).toEqual({ fault: null, rejected: [] });
    expect(accepted).toEqual([
      {
        ...good,
        received_at: testTime,
        page_url: null,
        page_title: null,
        referrer: null,
        device_type: null,
        properties: {},
        clock_offset_ms: null,
        ip: null,
        user_agent: 'test',
      },
      expect.objectContaining({ event_id: 'a-2', user_id: '57' }),
    ]);
  });

  it('names the index and the reason of each bad event and keeps the others', () => {
    const events: unknown[] = Array.from({ length: 500 }, (_, i) => ({ ...good, event_id: `a-${i}` }));
    const bad = { ...good, client_event: null };
    const { accepted, rejected } = parse(events.with(250, bad));
    expect(accepted).toHaveLength(499);
    expect(rejected).toEqual([{ index: 250, reason: 'client_event: missing', event: bad }]);
  });

  it('lays the shared context under each event, whose own fields win', () => {
    const { user_id: _, ...anonymous } = good;
    const { accepted } = parse([anonymous, good], {
      context: { user_id: 'shared', page_url: 'https://a.example/', properties: { site: 'a' } },
    });
    expect(accepted.map(({ user_id }) => user_id)).toEqual(['shared', 'u']);
    expect(accepted[0]).toMatchObject({ page_url: 'https://a.example/', properties: { site: 'a' } });
  });

  it('takes the clock offset from the event, else from the envelope', () => {
    const { accepted } = parse([good, { ...good, clock_offset_ms: -3.6 }], { clock_offset_ms: 12 });
    expect(accepted.map(({ clock_offset_ms }) => clock_offset_ms)).toEqual([12, -4]);
  });

  it('reads write key, batch id and drops, and ignores them if they are not what they should be', () => {
    expect(parse([good], { write_key: 'k', batch_id: 'b-1_2', dropped: 3 })).toMatchObject({
      writeKey: 'k',
      batchId: 'b-1_2',
      dropped: 3,
    });
    for (const envelope of [
      { write_key: 7, batch_id: 'a;b', dropped: -1 },
      { write_key: null, batch_id: 'x'.repeat(65), dropped: '3' },
      { batch_id: '', dropped: 1e300 },
    ])
      expect(parse([good], envelope)).toMatchObject({ writeKey: null, batchId: null, dropped: 0 });
  });

  it('makes an id for an event without one', () => {
    const { event_id: _, ...anonymous } = good;
    expect(parse([anonymous]).accepted[0]?.event_id).toBe('made-here');
  });

  it.each([
    ['', 'not JSON'],
    ['{', 'not JSON'],
    ['{"events":[{}]} x', 'not JSON'],
    ['null', 'not a JSON object'],
    ['[]', 'not a JSON object'],
    ['"events"', 'not a JSON object'],
    ['{}', 'events: not an array'],
    ['{"events":{}}', 'events: not an array'],
    ['{"events":[]}', 'events: empty'],
    [`{"events":[${'{},'.repeat(1000)}{}]}`, 'events: 1001 in one batch, limit 1000'],
    [`{"events":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`, 'nested deeper than 32 levels'],
    ['['.repeat(100_000), 'nested deeper than 32 levels'],
    [`{"events":[{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`).join(',')}}]}`, 'more than 256 keys'],
    [`[${'{},'.repeat(200_000)}{}]`, 'more than 25000 values'],
    [`[${'1,'.repeat(200_000)}1]`, 'more than 25000 values'],
  ])('%.20j… is refused whole: %s', (body, reason) => {
    const { fault, accepted, rejected } = parseBatch(body, context);
    expect(fault).toContain(reason);
    expect({ accepted, rejected }).toEqual({ accepted: [], rejected: [] });
  });

  it('does not take brackets inside strings for nesting', () => {
    const page_title = `\\"${'['.repeat(100)}{:,"`;
    expect(parse([{ ...good, page_title }]).accepted[0]?.page_title).toBe(page_title);
  });
});

describe('an event', () => {
  it.each([
    [null, 'event: not a JSON object'],
    [7, 'event: not a JSON object'],
    ['x', 'event: not a JSON object'],
    [[], 'event: not a JSON object'],
    [{}, 'user_id: missing'],
  ])('%j is refused: %s', (event, reason) => {
    expect(parse([event]).rejected).toEqual([{ index: 0, reason, event }]);
  });

  it.each([
    ['user_id', null, 'user_id: missing'],
    ['user_id', '', 'user_id: empty'],
    ['user_id', 1.5, 'user_id: not text'],
    ['user_id', 2 ** 60, 'user_id: not text'],
    ['user_id', {}, 'user_id: not text'],
    ['user_id', 'x'.repeat(129), 'user_id: 129 characters, limit 128'],
    ['device_id', true, 'device_id: not text'],
    ['client_event', 5, 'client_event: not text'],
    ['client_event', 'a\nb', 'client_event: contains a control character'],
    ['client_event', 'beer\u202etrac', 'client_event: contains a control character'],
    ['user_id', 'a\u0000b', 'user_id: contains a NUL character'],
    ['user_id', 'a\ud800b', 'user_id: half of a surrogate pair'],
    ['page_title', 'a\u0000b', 'page_title: contains a NUL character'],
    ['page_title', 'a\udc00b', 'page_title: half of a surrogate pair'],
    ['page_title', 'x'.repeat(513), 'page_title: 513 characters, limit 512'],
    ['page_url', 'x'.repeat(2049), 'page_url: 2049 characters, limit 2048'],
    ['referrer', 7, 'referrer: not text'],
    ['event_id', '', 'event_id: not 1 to 64 printable ASCII characters'],
    ['event_id', 7, 'event_id: not 1 to 64'],
    ['event_id', 'é', 'event_id: not 1 to 64'],
    ['event_id', 'a b', 'event_id: not 1 to 64'],
    ['event_id', 'x'.repeat(65), 'event_id: not 1 to 64'],
    ['device_type', 'fridge', 'device_type: not one of mobile, computer, tablet, other'],
    ['device_type', ['mobile'], 'device_type: not one of'],
    ['clock_offset_ms', 'x', 'clock_offset_ms: not a number'],
    ['clock_offset_ms', 2 ** 31, 'clock_offset_ms: not a number'],
    ['properties', [], 'properties: not a JSON object'],
    ['properties', 'x', 'properties: not a JSON object'],
    ['properties', { size: {} }, 'properties.size: not text, number or boolean'],
    ['properties', { size: [1] }, 'properties.size: not text, number or boolean'],
    ['properties', { 'a\u0007': 1 }, 'properties key a\u0007: not 1 to 64 visible characters'],
    ['properties', { ['k'.repeat(65)]: 1 }, `properties key ${'k'.repeat(40)}…: not 1 to 64`],
    ['properties', { size: 'x'.repeat(1025) }, 'properties.size: 1025 characters, limit 1024'],
    [
      'properties',
      Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, 1])),
      'properties: more than 64 entries',
    ],
  ])('with %s %.30j is refused', (field, value, reason) => {
    expect(reasonFor({ [field]: value })).toContain(reason);
  });

  it('takes what is at the limit', () => {
    const properties = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`${'k'.repeat(62)}${i + 10}`, 'v']));
    expect(
      reasonFor({
        event_id: '~'.repeat(64),
        user_id: 'x'.repeat(128),
        page_url: 'x'.repeat(2048),
        page_title: '',
        properties,
      }),
    ).toBeNull();
  });

  it('takes text of any language, line breaks and tabs in titles included', () => {
    const page_title = 'жигулёвское\t🍺\n啤酒\u200f';
    expect(parse([{ ...good, user_id: 'ünï', page_title }]).accepted[0]).toMatchObject({ user_id: 'ünï', page_title });
  });

  it('keeps properties as text and leaves out nulls', () => {
    const properties = { text: 'x', number: 1.5, yes: true, none: null, empty: '' };
    expect(parse([{ ...good, properties }]).accepted[0]?.properties).toEqual({
      text: 'x',
      number: '1.5',
      yes: 'true',
      empty: '',
    });
  });

  it('takes __proto__ for a name like any other, and never as a prototype', () => {
    const text = JSON.stringify({ events: [{ ...good, properties: '@' }] });
    const { accepted } = parseBatch(text.replace('"@"', '{"__proto__":"x","constructor":1}'), context);
    expect(JSON.stringify(accepted[0]?.properties)).toBe('{"__proto__":"x","constructor":"1"}');
    const inherited = parseBatch('{"events":[{"__proto__":{"user_id":"u"}}]}', context);
    expect(inherited.rejected[0]?.reason).toBe('user_id: missing');
  });

  it('takes the last of duplicate keys, once', () => {
    expect(rawReason('page_title', '"a","page_title":"b"')).toBeNull();
    const { accepted } = parseBatch(JSON.stringify({ events: [good] }).replace('"u"', '"x","user_id":"y"'), context);
    expect(accepted[0]?.user_id).toBe('y');
    expect(JSON.stringify(accepted[0]).match(/user_id/g)).toHaveLength(1);
  });

  it('of more bytes than an event may have is refused with both figures', () => {
    const properties = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, '啤'.repeat(1000)]));
    expect(reasonFor({ properties })).toMatch(/^event: 12\d{4} bytes, limit 32768; send fewer or shorter properties$/);
    const half = Object.fromEntries(Object.entries(properties).slice(0, 9));
    expect(reasonFor({ properties: half })).toBeNull();
    const escaped = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`k${i}`, '\u0001'.repeat(1000)]));
    expect(reasonFor({ properties: escaped })).toMatch(/^event: 7\d{4} bytes/);
  });
});

describe('a client timestamp', () => {
  it.each([
    [testTime, testTime],
    [testTime - 0.25, testTime - 1],
    ['2026-11-23T18:00:00.000Z', testTime],
    ['2026-11-23T18:00:00', testTime],
    ['2026-11-23 18:00:00.000123', testTime],
    ['2026-11-23T18:00', testTime],
    ['2026-11-23T19:00:00+01:00', testTime],
    ['2026-11-23T13:30:00-0430', testTime],
    ['2026-11-24T00:00:00+06:00', testTime],
    [testTime - limits.maxAgeMs, testTime - limits.maxAgeMs],
    [testTime + limits.maxAheadMs, testTime + limits.maxAheadMs],
  ])('%j is read as %d', (value, at) => {
    expect(parse([{ ...good, client_timestamp: value }]).accepted[0]?.client_timestamp).toBe(at);
  });

  it.each([
    [null, 'not a time'],
    [true, 'not a time'],
    ['', 'not a time'],
    ['yesterday', 'not a time'],
    ['Mon, 23 Nov 2026 18:00:00 GMT', 'not a time'],
    ['2026-11-23', 'not a time'],
    ['2026-02-29T18:00:00Z', 'not a time'],
    ['2026-13-01T18:00:00Z', 'not a time'],
    ['2026-11-23T25:00:00Z', 'not a time'],
    ['2026-11-23T18:00:00+99:99', 'not a time'],
    ['+275761-01-01T00:00:00Z', 'not a time'],
    [0, 'older than 7 days'],
    ['1970-01-01T00:00:00Z', 'older than 7 days'],
    [-1e15, 'older than 7 days'],
    ['9999-12-31T23:59:59Z', 'more than 10 minutes in the future'],
    [1e20, 'more than 10 minutes in the future'],
    [testTime - limits.maxAgeMs - 1, 'older than 7 days'],
    [testTime + limits.maxAheadMs + 1, 'more than 10 minutes in the future'],
  ])('%j is refused: %s', (value, reason) => {
    expect(reasonFor({ client_timestamp: value })).toMatch(new RegExp(`^client_timestamp: ${reason}`));
  });

  const hour = 3_600_000;
  it.each([
    ['an hour ahead', hour],
    ['ten days ahead', 240 * hour],
    ['ten days behind', -240 * hour],
    ['at 1970', -testTime],
  ])('of a clock %s is put right by when the batch was sent', (_, wrongMs) => {
    const said = { ...good, client_timestamp: testTime - 5000 + wrongMs };
    const [event] = parse([said], { sent_at: testTime - 200 + wrongMs }).accepted;
    expect(event?.client_timestamp).toBe(testTime - 4800);
    expect(event?.clock_offset_ms).toBe(Math.abs(wrongMs) < 2 ** 31 ? 200 - wrongMs : null);
  });

  it('that the client put wrong itself is counted from its own clock', () => {
    const said = { ...good, client_timestamp: testTime - 5000 + hour, clock_offset_ms: hour };
    const [event] = parse([said], { sent_at: testTime }).accepted;
    expect(event).toMatchObject({ client_timestamp: testTime - 5000, clock_offset_ms: 0 });
  });

  it('of a clock that was ahead and is right again when the batch is sent is that of arrival', () => {
    const said = { ...good, client_timestamp: testTime - 5000 + hour };
    expect(parse([said], { sent_at: testTime - 200 }).accepted[0]?.client_timestamp).toBe(testTime);
  });

  it('within the limits is taken as it is, whenever the batch was sent', () => {
    const said = { ...good, client_timestamp: testTime - 5000 };
    const [event] = parse([said], { sent_at: testTime - 30_000 }).accepted;
    expect(event).toMatchObject({ client_timestamp: testTime - 5000, clock_offset_ms: null });
  });

  it.each([undefined, null, 'yesterday', testTime])(
    'of an old event is refused all the same with sent_at %j',
    (sent_at) => {
      const said = { ...good, client_timestamp: testTime - limits.maxAgeMs - 1 };
      expect(parse([said], { sent_at }).rejected[0]?.reason).toMatch(/older than 7 days/);
    },
  );

  it('of 1e999, which JSON takes, is refused; NaN is no JSON', () => {
    expect(rawReason('client_timestamp', '1e999')).toMatch(/not a time/);
    expect(parseBatch('{"events":[{"client_timestamp":NaN}]}', context).fault).toMatch(/not JSON/);
  });
});
