/** Batches of every kind, for property tests: each field good, at its limit, or of the wrong kind. */
import * as fc from 'fast-check';
import { limits } from '../limits.ts';
import { testTime } from '../testing.ts';

const { env } = (globalThis as unknown as { process: { env: Record<string, string | undefined> } }).process;

/** Inputs of a property test: 2,000, or a million at `TAPHOUSE_ROUNDS=20`. */
export const numRuns: number = Number(env.TAPHOUSE_ROUNDS ?? 0.04) * 50_000;

/** An event of which each field is good, at a limit, or of the wrong kind; nothing is too large as a whole. */
export function anyEvent(): fc.Arbitrary<unknown> {
  const event = fc.record(
    { ...eventFields(), unknown: fc.jsonValue() },
    { requiredKeys: ['user_id', 'device_id', 'client_event', 'client_timestamp'] },
  );
  return fc.oneof({ weight: 30, arbitrary: event }, { weight: 1, arbitrary: fc.jsonValue() });
}

/** A batch of some events that say some fields themselves and share others; its own fields may be anything too. */
export function anyBatch(): fc.Arbitrary<unknown> {
  const batch = fc.record(
    { ...envelopeFields(), events: field(fc.array(sharingEvent(), { minLength: 0, maxLength: 3 })) },
    { requiredKeys: ['context', 'events'] },
  );
  return fc.oneof({ weight: 30, arbitrary: batch }, { weight: 1, arbitrary: fc.jsonValue() });
}

/** A batch as one page writes it: few ways of writing an event, most events good, the events last. */
export function usualBatch(): fc.Arbitrary<unknown> {
  const fields = eventFields();
  const name = fc.stringMatching(/^[a-z0-9]{1,20}$/);
  const usual = {
    ...fields,
    user_id: mostly(name, fields.user_id),
    device_id: mostly(name, fields.device_id),
    client_timestamp: mostly(withinTime, fields.client_timestamp),
    clock_offset_ms: mostly(fc.integer({ min: -999_999, max: 999_999 }), fields.clock_offset_ms),
  };
  const usualValue = fc.oneof(text(limits.maxPropertyValueLength), fc.integer(), fc.constantFrom(0, 3.2, -0.25, true));
  const value = mostly(usualValue, propertyValue());
  const properties = mostly(fc.record({ size: value, price: value }), fields.properties);
  const event = fc.shuffledSubarray(Object.keys(usual) as (keyof typeof usual)[], { minLength: 6 }).chain((some) => {
    const keys = [...new Set([...some, 'event_id'] as const)];
    return fc.record({ ...Object.fromEntries(keys.map((key) => [key, usual[key]])), properties });
  });
  const events = fc.array(fc.oneof(fc.record({ ...usual, properties }), event), { minLength: 1, maxLength: 4 });
  const { context: _, ...envelope } = envelopeFields();
  return fc
    .tuple(fc.record(envelope), fc.record({ ...usual, properties }), events)
    .map(([head, context, all]) => ({ ...head, context, events: all }));
}

function mostly(usual: fc.Arbitrary<unknown>, any: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: any });
}

function envelopeFields() {
  return {
    write_key: field(fc.string()),
    sent_at: field(time()),
    clock_offset_ms: field(fc.integer()),
    dropped: field(fc.oneof(fc.nat(), fc.constantFrom(-1, 0.5, 2 ** 53))),
    batch_id: field(fc.oneof(fc.stringMatching(/^[\w-]{1,64}$/), text(64))),
    identity: field(fc.constantFrom('x', '', 'x'.repeat(4096), 'x'.repeat(4097))),
    context: field(fc.record(eventFields(), { requiredKeys: ['user_id', 'device_id'] })),
  };
}

function sharingEvent(): fc.Arbitrary<unknown> {
  return fc.record(eventFields(), { requiredKeys: ['client_event', 'client_timestamp'] });
}

function eventFields() {
  const name = text(limits.maxNameLength);
  const identifier = fc.oneof(name, fc.integer(), fc.constantFrom(2 ** 53, -(2 ** 53) + 1, 1.5, -0));
  const manyProperties = fc
    .integer({ min: limits.maxProperties - 1, max: limits.maxProperties + 1 })
    .map((count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])));
  return {
    event_id: field(text(limits.maxEventIdLength)),
    user_id: field(identifier),
    device_id: field(identifier),
    client_event: field(name),
    client_timestamp: field(time()),
    page_url: field(text(limits.maxUrlLength)),
    page_title: field(text(limits.maxTextLength)),
    referrer: field(text(limits.maxUrlLength)),
    device_type: field(fc.constantFrom('mobile', 'computer', 'tablet', 'other')),
    clock_offset_ms: field(fc.oneof(fc.integer(), fc.double(), fc.constantFrom(2 ** 31, 2 ** 31 - 1, -(2 ** 31)))),
    properties: field(fc.oneof(anyProperties(), manyProperties)),
  };
}

function anyProperties(): fc.Arbitrary<unknown> {
  return fc.dictionary(
    fc.oneof(text(limits.maxPropertyKeyLength), fc.constantFrom('__proto__', 'constructor', 'toString')),
    fc.oneof({ weight: 9, arbitrary: propertyValue() }, { weight: 1, arbitrary: fc.constantFrom([], {}, [1]) }),
    { maxKeys: 4 },
  );
}

function propertyValue(): fc.Arbitrary<unknown> {
  return fc.oneof(
    text(limits.maxPropertyValueLength),
    fc.double(),
    fc.integer(),
    fc.constantFrom(0, -0, 0.5, -0.25, 3.2, 1e-6, 1e-7, 1e15, 1e21, 123456789.123456),
    fc.boolean(),
    fc.constant(null),
  );
}

/** Mostly the field's own kind, now and then any other. */
function field(good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return mostly(good, fc.jsonValue({ maxDepth: 2 }));
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

const withinTime = fc.integer({ min: testTime - limits.maxAgeMs + 86_400_000, max: testTime });

/** A time in any form, or something that looks like one and is none by its form alone. */
function time(): fc.Arbitrary<unknown> {
  const good = fc.oneof(
    withinTime,
    withinTime.map((at) => new Date(at).toISOString()),
    withinTime.map((at) => new Date(at).toISOString().slice(0, 19)),
    withinTime.map((at) => new Date(at).toISOString().replace('T', ' ').replace('Z', '+00:00')),
  );
  const none = fc.oneof(
    withinTime.map((at) => new Date(at).toISOString().slice(0, 10)),
    withinTime.map((at) => new Date(at).toUTCString()),
    withinTime.map(String),
  );
  return fc.oneof({ weight: 20, arbitrary: good }, { weight: 1, arbitrary: none });
}
