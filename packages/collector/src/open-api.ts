import { batchSchema, type JsonSchema, limits } from '@taphouse/schema';

/**
 * The protocol as an OpenAPI 3.1 document, from the limits and the schema that the collector checks by.
 *
 * @param live whether there is a live stream
 */
export function openApi(pathPrefix: string, { live }: { live: boolean }): JsonSchema {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Taphouse collector',
      version: '1',
      description: 'Takes batches of clicks and answers when they are durable.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: {
      [`${pathPrefix}/events`]: { post: events },
      [`${pathPrefix}/pixel.gif`]: { get: pixel },
      [`${pathPrefix}/limits`]: { get: plain('limits', 'The limits in force.', 'application/json', 'Limits') },
      [`${pathPrefix}/openapi.json`]: { get: plain('openApi', 'This document.', 'application/json') },
      ...(live && {
        [`${pathPrefix}/live`]: { get: plain('live', 'What happens, as server-sent events.', 'text/event-stream') },
      }),
      '/health': { get: plain('health', 'It is alive.', 'application/json') },
      '/ready': {
        get: {
          operationId: 'ready',
          responses: {
            200: { description: 'Batches can be stored.' },
            503: { description: 'They can not; the body says why.' },
          },
        },
      },
      '/metrics': { get: plain('metrics', 'Prometheus metrics.', 'text/plain') },
    },
    components: { schemas: schemas() },
  };
}

const events = {
  operationId: 'sendEvents',
  summary: 'Stores a batch. No 2xx before it is durable.',
  description: `At most ${limits.maxBodyBytes} bytes as sent, ${limits.maxExpandedBytes} expanded. text/plain needs no preflight. A field of the batch itself that is not as described counts as absent.`,
  parameters: [
    { name: 'Content-Encoding', in: 'header', schema: { enum: ['identity', 'gzip', 'br'] } },
    {
      name: 'device',
      in: 'query',
      schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
      description: 'Asks for the first-party cookie taphouse_device.',
    },
  ],
  requestBody: {
    required: true,
    content: {
      'text/plain': { schema: { type: 'string', contentMediaType: 'application/json', contentSchema: ref('Batch') } },
      'application/json': { schema: ref('Batch') },
    },
  },
  responses: {
    204: {
      description: 'All events are stored.',
      headers: {
        'Set-Cookie': { schema: { type: 'string' }, description: 'taphouse_ack_<batch_id>, for 10 minutes.' },
      },
    },
    200: settled('Some events are stored, the others refused.'),
    400: settled('No event was good, or the body is no batch.'),
    401: settled('The write key is unknown.'),
    403: settled('The page is not one of the write key.'),
    413: settled('The body is over a limit, which the reason names in bytes.'),
    415: settled('The content type or encoding is not one of those above.'),
    429: later('Too many events from this key and address.'),
    503: later('Nothing is stored at the moment.'),
  },
};

const pixel = {
  operationId: 'sendPixel',
  summary: 'Stores one event, for pages without script.',
  parameters: [
    ...['user_id', 'device_id', 'client_event'].map((name) => query(name, true)),
    ...['event_id', 'client_timestamp', 'page_url', 'page_title', 'referrer', 'device_type'].map((name) =>
      query(name, false),
    ),
    { name: 'write_key', in: 'query', schema: { type: 'string' } },
    {
      name: 'p.',
      in: 'query',
      schema: { type: 'object', additionalProperties: { type: 'string' } },
      description: 'Properties, as p.size=330.',
    },
  ],
  responses: {
    200: { description: 'Stored, or not to be stored under Sec-GPC.', content: { 'image/gif': {} } },
    '4XX': { description: 'Not stored; the header Taphouse-Reason says why.', content: { 'image/gif': {} } },
    503: later('Nothing is stored at the moment.'),
  },
};

/** A field of the event, in the query. */
function query(name: string, required: boolean): JsonSchema {
  const fields = batchSchema().event.properties as Record<string, JsonSchema>;
  return { name, in: 'query', required, schema: fields[name] };
}

function settled(description: string): JsonSchema {
  return { description, content: { 'application/json': { schema: ref('Answer') } } };
}

function later(description: string): JsonSchema {
  return {
    ...settled(description),
    headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } },
  };
}

function plain(operationId: string, description: string, type: string, schema?: string): JsonSchema {
  return {
    operationId,
    responses: { 200: { description, content: { [type]: schema ? { schema: ref(schema) } : {} } } },
  };
}

function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

function schemas(): JsonSchema {
  const { batch, event } = batchSchema();
  return {
    Batch: batch,
    Event: event,
    Answer: {
      type: 'object',
      required: ['accepted', 'rejected'],
      properties: {
        accepted: { type: 'integer', description: 'Events stored.' },
        rejected: {
          type: 'array',
          items: {
            type: 'object',
            required: ['index', 'reason'],
            properties: { index: { type: 'integer' }, reason: { type: 'string' } },
          },
        },
        reason: { type: 'string', description: 'Why nothing of the batch was taken.' },
      },
    },
    Limits: {
      type: 'object',
      required: Object.keys(limits),
      properties: Object.fromEntries(
        Object.entries(limits).map(([name, value]) => [name, { type: 'integer', examples: [value] }]),
      ),
    },
  };
}
