import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchSchema } from './batch-schema.ts';
import { encodeEvents } from './click-event.ts';
import { limits } from './limits.ts';
import { type BatchContext, parseBatch } from './parse-batch.ts';
import { anyBatch, anyEvent, numRuns } from './testing/any-batch.ts';
import { testTime } from './testing.ts';

// Lengths in UTF-16 units, as parseBatch counts them, and patterns that see halves of surrogate pairs.
const ajv = new Ajv2020({ unicodeRegExp: false, strict: true, allowUnionTypes: true });
const schema = batchSchema();
const isEvent = ajv.compile(withUtf16Lengths(schema.event));
const ofBatch = schema.batch.properties as Record<string, object>;
/** What makes a body a batch; each event is looked at by itself. */
const isBatch = ajv.compile({ ...schema.batch, properties: { events: { ...ofBatch.events, items: true } } });
const ofEnvelope = {
  write_key: ajv.compile(ofBatch.write_key!),
  batch_id: ajv.compile(ofBatch.batch_id!),
  identity: ajv.compile(withUtf16Lengths(ofBatch.identity)),
  dropped: ajv.compile(ofBatch.dropped!),
};
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
}, 1_800_000);

it(`says of ${numRuns} batches what parseBatch says: which are one, which of their events are good, and what counts of the rest`, () => {
  let taken = 0;
  fc.assert(
    fc.property(anyBatch(), (value) => {
      const text = JSON.stringify(value);
      const batch = JSON.parse(text) as Fields;
      const { fault, accepted, rejected, ...envelope } = parseBatch(text, context);
      expect(fault === null).toBe(isBatch(batch));
      if (fault !== null) return;
      const events = (batch.events as unknown[]).map((event) => (isFields(event) ? whole(event, batch) : event));
      const bad = events.flatMap((event, index) => (isEvent(event) ? [] : [index]));
      expect(rejected.map(({ index }) => index)).toEqual(bad);
      taken += accepted.length;
      // What is not as the schema says counts as not said.
      const said = (name: keyof typeof ofEnvelope): unknown => (ofEnvelope[name](batch[name]) ? batch[name] : null);
      expect(envelope).toEqual({
        writeKey: said('write_key') ?? null,
        batchId: said('batch_id') ?? null,
        identity: said('identity') ?? null,
        dropped: said('dropped') ?? 0,
      });
    }),
    { numRuns },
  );
  expect(taken / numRuns).toBeGreaterThan(0.2);
}, 1_800_000);

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An event with what it shares; of the offset also null is not said. */
function whole(event: Fields, { context: shared, clock_offset_ms: offset }: Fields): Fields {
  const { event_id: _, ...context } = isFields(shared) ? shared : {};
  const clock_offset_ms = event.clock_offset_ms ?? context.clock_offset_ms ?? offset ?? null;
  return { ...context, ...event, clock_offset_ms };
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
