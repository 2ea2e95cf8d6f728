import { brotliCompressSync } from 'node:zlib';
import { decodeEvents } from '@taphouse/schema';
import { openMemory } from '@taphouse/streams/memory';
import { expect, it } from 'vitest';
import { testCollector } from '../testing/collector-suite.ts';
import { createHandler } from './create-handler.ts';
import { logDeadLetters } from './log-dead-letters.ts';
import {
  functionUrlEvent,
  loadBalancerEvent,
  restApiEvent,
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
  for await (const { records } of stream.read('0')) {
    expect(decodeEvents(records[0]!.data)).toMatchObject([{ user_id: '7', ip: '198.51.100.0' }]);
    break;
  }
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'warn', message: 'dead letter', index: 1, reason: 'user_id: missing', event: { user_id: null } },
  ]);
});
