import { brotliCompressSync } from 'node:zlib';
import { decodeEvents } from '@taphouse/schema';
import type { Stream } from '@taphouse/streams';
import { openMemory } from '@taphouse/streams/memory';
import { expect, it } from 'vitest';
import { testCollector } from '../testing/collector-suite.ts';
import { createHandler } from './create-handler.ts';
import { logDeadLetters } from './log-dead-letters.ts';
import {
  functionUrlEvent,
  loadBalancerEvent,
  restApiEvent,
  singleValueEvent,
  sourceIp,
  type ToEvent,
  toResponse,
} from './testing/lambda-events.ts';

const services: [string, ToEvent, string | null][] = [
  ['a Function URL or an HTTP API', functionUrlEvent, '198.51.100.0'],
  ['a REST API', restApiEvent, '198.51.100.0'],
  ['a load balancer', loadBalancerEvent, null],
];

for (const [name, toEvent, socketIp] of services)
  testCollector(`a Lambda behind ${name}`, {
    serve: async (app) => {
      const handler = createHandler(app);
      return {
        request: async (path, init) =>
          toResponse(await handler(await toEvent(new Request(`https://clicks.example${path}`, init)))),
        close: async () => {},
      };
    },
    socketIp,
    streams: false,
  });

it('makes the collector itself, of its options', async () => {
  const stream = openMemory();
  const lines: string[] = [];
  const handler = createHandler({ stream, deadLetters: logDeadLetters((line) => lines.push(line)) });
  const event = { user_id: 7, device_id: 'mobile', client_event: 'beer_cart', client_timestamp: Date.now() };
  const body = brotliCompressSync(JSON.stringify({ events: [event, { ...event, user_id: null }] }));
  const headers = { 'Content-Type': 'text/plain', 'Content-Encoding': 'br', Cookie: 'a=1; b=2' };
  const request = new Request('https://clicks.example/v1/events', { method: 'POST', body, headers });
  const answer = await handler(await functionUrlEvent(request));
  expect(answer.statusCode).toBe(200);
  expect(JSON.parse(answer.body)).toEqual({ accepted: 1, rejected: [{ index: 1, reason: 'user_id: missing' }] });
  expect(await firstIp(stream)).toBe('198.51.100.0');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'warn', message: 'dead letter', index: 1, reason: 'user_id: missing', event: { user_id: null } },
  ]);
});

it('answers a load balancer that takes one value of a header', async () => {
  const stream = openMemory();
  const handler = createHandler({ stream, deadLetters: logDeadLetters(), trustedHops: 1 });
  const events = [{ user_id: 7, device_id: 'mobile', client_event: 'beer_cart', client_timestamp: Date.now() }];
  const body = JSON.stringify({ batch_id: 'b1', events });
  const headers = { 'Content-Type': 'text/plain', 'X-Forwarded-For': '203.0.113.9' };
  const answer = await handler(
    await singleValueEvent(new Request('https://clicks.example/v1/events', { method: 'POST', body, headers })),
  );
  expect(answer).toMatchObject({
    statusCode: 204,
    headers: { 'set-cookie': expect.stringMatching(/^taphouse_ack_b1=1;/) },
  });
  expect(await firstIp(stream)).toBe('203.0.113.0');
});

it('finds the client behind CloudFront and a Function URL, which are two hops', async () => {
  const stream = openMemory();
  const handler = createHandler({ stream, deadLetters: logDeadLetters(), trustedHops: 2 });
  const events = [{ user_id: 7, device_id: 'mobile', client_event: 'beer_cart', client_timestamp: Date.now() }];
  const headers = { 'Content-Type': 'text/plain', 'X-Forwarded-For': `6.6.6.6, 203.0.113.9, ${sourceIp}` };
  const request = new Request('https://clicks.example/v1/events', {
    method: 'POST',
    body: JSON.stringify({ events }),
    headers,
  });
  expect((await handler(await functionUrlEvent(request))).statusCode).toBe(204);
  expect(await firstIp(stream)).toBe('203.0.113.0');
});

async function firstIp(stream: Stream): Promise<string | null | undefined> {
  for await (const { records } of stream.read('0')) return decodeEvents(records[0]!.data)[0]!.ip;
  return undefined;
}
