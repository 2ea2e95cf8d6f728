import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchSchema } from './batch-schema.ts';
import { encodeEvents } from './click-event.ts';
import { limits } from './limits.ts';
import { type BatchContext, parseBatch } from './parse-batch.ts';
import { testTime } from './testing.ts';

/** Inputs of the property test; the million is for CI. */
const { env } = (globalThis as unknown as { process: { env: Record<string, string | undefined> } }).process;
const numRuns = Number(env.TAPHOUSE_RUNS ?? 5000);

// Lengths in UTF-16 units, as parseBatch counts them, and patterns that see halves of surrogate pairs.
const ajv = new Ajv2020({ unicodeRegExp: false, strict: true, allowUnionTypes: true });
const schema = batchSchema();
const isEvent = ajv.compile(withUtf16Lengths(schema.event));
const isBatch = ajv.compile(withUtf16Lengths(schema.batch));
/** A schema can not say how old is too old. */
const ageless = { ...limits, maxAgeMs: Infinity, maxAheadMs: Infinity };
const context: BatchContext = {
  receivedAt: testTime,
  ip: null,
  userAgent: null,
  newEventId: () => 'made',
  limits: ageless,
};

it(`says of ${numRuns} events what parseBatch says`, () => {
  let taken = 0;
  fc.assert(
    fc.property(anyEvent(), (value) => {
      const text = JSON.stringify({ events: [value] });
      const parsed = parseBatch(text, context);
      const event = (JSON.parse(text) as { events: unknown[] }).events[0];
      const expected = isEvent(event);
      if (expected) taken += 1;
      const why = parsed.fault ?? parsed.rejected[0]?.reason ?? JSON.stringify(isEvent.errors);
      expect(parsed.accepted.length === 1, `${text}: ${why}`).toBe(expected);
      // What is stored is one line an event, as JSON.stringify writes it.
      expect(encodeEvents(parsed.accepted)).toBe(parsed.accepted.map((line) => JSON.stringify(line)).join('\n'));
    }),
    { numRuns },
  );
  // Neither kind is rare.
  expect(taken / numRuns).toBeGreaterThan(0.2);
  expect(taken / numRuns).toBeLessThan(0.8);
}, 600_000);

it(`says of ${Math.ceil(numRuns / 10)} envelopes what parseBatch says`, () => {
  const good = { user_id: 'u', device_id: 'd', client_event: 'e', client_timestamp: testTime };
  const events = fc.oneof(
    fc.constantFrom<unknown>(
      [good],
      [],
      null,
      {},
      'x',
      Array.from({ length: limits.maxEvents + 1 }, () => good),
      undefined,
    ),
    fc.array(fc.constant(good), { minLength: 1, maxLength: 5 }),
  );
  fc.assert(
    fc.property(
      fc.oneof({ weight: 9, arbitrary: fc.record({ events }) }, { weight: 1, arbitrary: fc.jsonValue() }),
      (batch) => {
        const text = JSON.stringify(batch);
        expect(parseBatch(text, context).fault === null).toBe(isBatch(JSON.parse(text)));
      },
    ),
    { numRuns: Math.ceil(numRuns / 10) },
  );
}, 600_000);

/** An event of which each field is good, at a limit, or of the wrong kind; nothing is too large as a whole. */
function anyEvent(): fc.Arbitrary<unknown> {
  const name = text(limits.maxNameLength);
  const identifier = fc.oneof(name, fc.integer(), fc.constantFrom(2 ** 53, -(2 ** 53) + 1, 1.5, -0));
  const properties = fc.dictionary(
    fc.oneof(text(limits.maxPropertyKeyLength), fc.constantFrom('__proto__', 'constructor', 'toString')),
    fc.oneof(
      {
        weight: 9,
        arbitrary: fc.oneof(text(limits.maxPropertyValueLength), fc.double(), fc.boolean(), fc.constant(null)),
      },
      { weight: 1, arbitrary: fc.constantFrom([], {}, [1]) },
    ),
    { maxKeys: 4 },
  );
  const manyProperties = fc
    .integer({ min: limits.maxProperties - 1, max: limits.maxProperties + 1 })
    .map((count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])));
  const event = fc.record(
    {
      event_id: field(text(limits.maxEventIdLength)),
      user_id: field(identifier),
      device_id: field(identifier),
      client_event: field(name),
      client_timestamp: field(time()),
      page_url: field(text(limits.maxUrlLength)),
      page_title: field(text(limits.maxTextLength)),
      referrer: field(text(limits.maxUrlLength)),
      device_type: field(fc.constantFrom('mobile', 'computer', 'tablet', 'other')),
      properties: field(fc.oneof(properties, manyProperties)),
      clock_offset_ms: field(fc.oneof(fc.integer(), fc.double(), fc.constantFrom(2 ** 31, 2 ** 31 - 1, -(2 ** 31)))),
      unknown: fc.jsonValue(),
    },
    { requiredKeys: ['user_id', 'device_id', 'client_event', 'client_timestamp'] },
  );
  return fc.oneof({ weight: 30, arbitrary: event }, { weight: 1, arbitrary: fc.jsonValue() });
}

/** Mostly the field's own kind, now and then any other. */
function field(good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 40, arbitrary: good }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });
}

/** Mostly plain text; some at the limit and over, some odd. */
function text(maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 100, arbitrary: fc.stringMatching(/^[a-z0-9]{1,20}$/) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', 'a\0b', 'a\ud800', '\udc00a', '🍺', 'a\u202eb', 'a\u0085b', 'a\nb', 'é'),
    },
    {
      weight: 1,
      arbitrary: fc.integer({ min: -2, max: 2 }).map((more) => 'x'.repeat(maxLength + more)),
    },
    { weight: 1, arbitrary: fc.constantFrom('🍺'.repeat(maxLength / 2), `${'🍺'.repeat(maxLength / 2)}x`) },
  );
}

/** A time in any form, or something that looks like one and is none by its form alone. */
function time(): fc.Arbitrary<unknown> {
  const within = fc.integer({ min: testTime - limits.maxAgeMs + 86_400_000, max: testTime });
  const good = fc.oneof(
    within,
    within.map((at) => new Date(at).toISOString()),
    within.map((at) => new Date(at).toISOString().slice(0, 19)),
    within.map((at) => new Date(at).toISOString().replace('T', ' ').replace('Z', '+00:00')),
  );
  const none = fc.oneof(
    within.map((at) => new Date(at).toISOString().slice(0, 10)),
    within.map((at) => new Date(at).toUTCString()),
    within.map(String),
  );
  return fc.oneof({ weight: 20, arbitrary: good }, { weight: 1, arbitrary: none });
}

/** ajv counts code points unless told otherwise for the whole validator, which 2020-12 does not know. */
function withUtf16Lengths(value: unknown): object {
  return JSON.parse(JSON.stringify(value), (_, node: unknown) => {
    if (typeof node !== 'object' || node === null || !('maxLength' in node)) return node;
    const { maxLength, pattern, ...rest } = node as { maxLength: number; pattern?: string };
    const short = { pattern: String.raw`^[\s\S]{0,${maxLength}}$` };
    return { ...rest, allOf: pattern === undefined ? [short] : [short, { pattern }] };
  }) as object;
}
