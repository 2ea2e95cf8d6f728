import { deviceTypes } from './click-event.ts';
import { type Limits, limits as standardLimits } from './limits.ts';
import { controlRanges, isoTimePattern } from './text-rules.ts';

/** A JSON Schema (2020-12), as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Text without what DuckDB refuses: NUL and halves of surrogate pairs. */
const wholeText = String.raw`^(?:[^\u0000\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])*$`;
const integer = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
/** A name: no control characters either, and no marks that turn the direction of text around. */
const visibleText = String.raw`^(?:[^${controlRanges}\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])+$`;

/**
 * What `parseBatch` takes, said as JSON Schema for documents and other languages: `event` is one event with nothing
 * in a shared context, `batch` the envelope. Lengths count UTF-16 units. What a schema can not say is in the
 * descriptions: the window of time, and the size of a stored event.
 */
export function batchSchema(limits: Limits = standardLimits): { event: JsonSchema; batch: JsonSchema } {
  const fields = eventFields(limits);
  const required = ['user_id', 'device_id', 'client_event', 'client_timestamp'];
  const event = { type: 'object', properties: fields, required };
  return { event, batch: envelope(limits, fields) };
}

function envelope(limits: Limits, fields: JsonSchema): JsonSchema {
  const { event_id: _, ...shared } = fields;
  return {
    type: 'object',
    required: ['events'],
    properties: {
      write_key: { type: 'string', description: 'One of the keys of the collector, if it asks for one.' },
      sent_at: { type: ['number', 'string'], description: 'When the client sent it.' },
      clock_offset_ms: fields.clock_offset_ms,
      dropped: { ...integer, minimum: 0, description: 'Events dropped by the client since its last report.' },
      batch_id: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Names the acknowledgement cookie.' },
      identity: { type: 'string', maxLength: 4096, description: 'Proof of user_id, where the collector asks for one.' },
      context: {
        type: 'object',
        properties: shared,
        description: 'Fields shared by all events; the field of an event wins.',
      },
      events: {
        type: 'array',
        minItems: 1,
        maxItems: limits.maxEvents,
        items: { type: 'object', properties: fields },
        description: 'user_id, device_id, client_event and client_timestamp are required, here or in the context.',
      },
    },
  };
}

function eventFields(limits: Limits): JsonSchema {
  const name = { type: 'string', minLength: 1, maxLength: limits.maxNameLength, pattern: visibleText };
  const identifier = { anyOf: [name, integer] };
  const days = limits.maxAgeMs / 86_400_000;
  const minutes = limits.maxAheadMs / 60_000;
  return {
    event_id: {
      type: ['string', 'null'],
      pattern: `^[\\u0021-\\u007e]{1,${limits.maxEventIdLength}}$`,
      description: 'Two events with one id are one event; without an id, a retry is a second event.',
    },
    user_id: { ...identifier, description: 'Who. Integers are stored as text.' },
    device_id: { ...identifier, description: 'On which device.' },
    client_event: { ...name, description: 'What happened, such as beer_checkout.' },
    client_timestamp: {
      anyOf: [{ type: 'number' }, { type: 'string', pattern: isoTimePattern }],
      description: `When, by the visitor's clock: milliseconds since 1970 UTC, or ISO 8601 (UTC without an offset). At most ${days} days old and ${minutes} minutes ahead.`,
    },
    page_url: optionalText(limits.maxUrlLength),
    page_title: optionalText(limits.maxTextLength),
    referrer: optionalText(limits.maxUrlLength),
    device_type: { enum: [...deviceTypes, null], description: 'Read from the user agent if absent.' },
    properties: {
      type: ['object', 'null'],
      maxProperties: limits.maxProperties,
      propertyNames: { maxLength: limits.maxPropertyKeyLength, pattern: visibleText },
      additionalProperties: {
        anyOf: [
          { type: 'string', maxLength: limits.maxPropertyValueLength, pattern: wholeText },
          { type: ['number', 'boolean', 'null'] },
        ],
      },
      description: 'Flat; stored as text.',
    },
    clock_offset_ms: {
      type: ['number', 'null'],
      minimum: -0x7fffffff,
      maximum: 0x7fffffff,
      description: 'What the client added to its clock to get client_timestamp.',
    },
  };
}

function optionalText(maxLength: number): JsonSchema {
  return { type: ['string', 'null'], maxLength, pattern: wholeText };
}
