import { openMemory } from '@taphouse/streams/memory';
import { expect, it } from 'vitest';
import { createCollector } from './collector.ts';
import { testCollector } from './testing/collector-suite.ts';

testCollector('the app itself', {
  serve: async (app) => ({ request: async (path, init) => app.request(path, init), close: async () => {} }),
  socketIp: null,
  streams: true,
});

it.each([
  ['POST', '/v1/event'],
  ['GET', '/'],
])('by itself, answers 404 with reason and id to %s %s, which another app could have', async (method, path) => {
  const app = createCollector({ stream: openMemory(), deadLetters: { append: async () => {} } });
  const answer = await app.request(path, { method });
  expect(answer.status).toBe(404);
  expect(answer.headers.get('request-id')).toMatch(/^[\w-]+$/);
  expect(await answer.json()).toEqual({ reason: `${method} ${path}: no such route; /v1/openapi.json names them` });
});
