import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { parseBatch } from '@taphouse/schema';
import { afterEach, expect, test } from 'vitest';

import { seededRandom } from './seeded-random.ts';
import { simulate } from './simulate.ts';

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

let server: Server | undefined;
afterEach(() => server?.close());

/** A collector that keeps what it accepts and answers as `answer` says; 204 by default. */
async function openCollector(answer: (request: number) => Answer | null = () => null) {
  const stored: Record<string, unknown>[] = [];
  const requests: { body: string; contentType: string | undefined; url: string | undefined }[] = [];
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    requests.push({ body, contentType: request.headers['content-type'], url: request.url });
    const { status, headers, body: text } = answer(requests.length) ?? { status: 204 };
    if (status === 204) stored.push(...eventsOf(body));
    response.writeHead(status, headers).end(text);
  }
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stored, requests };
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function eventsOf(body = '{}'): Record<string, unknown>[] {
  return (JSON.parse(body) as { events: Record<string, unknown>[] }).events;
}

/** Time that passes only in `sleep`; ends the simulation when `untilMs` is reached. */
function fakeClock(untilMs: number) {
  const startAt = Date.UTC(2026, 10, 23, 18);
  const stop = new AbortController();
  const slept: number[] = [];
  let at = startAt;
  async function sleep(ms: number): Promise<void> {
    slept.push(ms);
    at += ms;
    if (at >= startAt + untilMs) stop.abort();
    await Promise.resolve();
  }
  return { startAt, slept, options: { now: () => at, sleep, signal: stop.signal, random: seededRandom(1) } };
}

function sequences(events: Record<string, unknown>[]): number[] {
  return events.map((event) => Number(String(event.event_id).split('-')[1]));
}

test.each([
  { perSecond: 0.1, forMs: 60_000, expected: 6, requests: 6 },
  { perSecond: 20, forMs: 10_000, expected: 196, requests: 40 },
  { perSecond: 5000, forMs: 2_000, expected: 8751, requests: 15 },
])('sends $perSecond clicks a second, in few requests', async ({ perSecond, forMs, expected, requests }) => {
  const collector = await openCollector();
  const { options } = fakeClock(forMs);
  let sent = 0;
  await simulate({ ...options, endpoint: collector.endpoint, perSecond, onSent: (count) => (sent += count) });
  expect(collector.stored).toHaveLength(expected);
  expect(sent).toBe(expected);
  expect(collector.requests).toHaveLength(requests);
});

test('what it sends is a batch that the protocol accepts whole', async () => {
  const collector = await openCollector();
  const { options, startAt } = fakeClock(1000);
  await simulate({ ...options, endpoint: `${collector.endpoint}/`, perSecond: 100 });
  expect(collector.requests[0]?.url).toBe('/v1/events');
  expect(collector.requests[0]?.contentType).toMatch(/^text\/plain/);
  const context = { receivedAt: startAt, ip: null, userAgent: null, newEventId: () => 'none' };
  for (const { body } of collector.requests) {
    const batch = parseBatch(body, context);
    expect([batch.fault, batch.rejected, batch.writeKey]).toEqual([null, [], 'demo']);
  }
  expect(typeof collector.stored[0]?.user_id).toBe('number');
});

test('ids grow without a hole, and times grow with them', async () => {
  const collector = await openCollector();
  const { options } = fakeClock(3000);
  await simulate({ ...options, endpoint: collector.endpoint, perSecond: 700 });
  expect(sequences(collector.stored)).toEqual(collector.stored.map((_, index) => index + 1));
  const ids = collector.stored.map((event) => String(event.event_id));
  expect(ids).toEqual(ids.toSorted());
  const times = collector.stored.map((event) => Number(event.client_timestamp));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('a batch answered with 503 is sent again as it was, after Retry-After, and nothing is lost', async () => {
  const collector = await openCollector((request) =>
    request >= 2 && request <= 4 ? { status: 503, headers: { 'retry-after': '7' } } : null,
  );
  const { options, slept } = fakeClock(40_000);
  const errors: string[] = [];
  await simulate({
    ...options,
    endpoint: collector.endpoint,
    perSecond: 10,
    onError: (error) => errors.push(error.message),
  });
  expect(slept.filter((ms) => ms >= 7000)).toHaveLength(3);
  expect(errors).toHaveLength(3);
  expect(errors[0]).toContain('answered 503');
  const [, refused, again] = collector.requests;
  expect(eventsOf(again?.body)[0]).toEqual(eventsOf(refused?.body)[0]);
  expect(sequences(collector.stored)).toEqual(collector.stored.map((_, index) => index + 1));
});

test('a 200 that is not the answer of a collector is not taken for success', async () => {
  const collector = await openCollector((request) => (request === 1 ? { status: 200, body: '<html>log in' } : null));
  const { options } = fakeClock(3000);
  await simulate({ ...options, endpoint: collector.endpoint, perSecond: 1 });
  expect(sequences(collector.stored)[0]).toBe(1);
});

test('events refused in a 200 are reported, not counted as sent and not sent again', async () => {
  const body = JSON.stringify({ accepted: 0, rejected: [{ index: 0, reason: 'client_timestamp: not a time' }] });
  const collector = await openCollector(() => ({ status: 200, body }));
  const { options } = fakeClock(200);
  const errors: string[] = [];
  let sent = 0;
  await simulate({
    ...options,
    endpoint: collector.endpoint,
    perSecond: 1,
    onSent: (count) => (sent += count),
    onError: (error) => errors.push(error.message),
  });
  expect(collector.requests).toHaveLength(1);
  expect(sent).toBe(0);
  expect(errors).toEqual(['simulated clicks: 1 of 1 refused: client_timestamp: not a time']);
});

test('an unknown write key ends the simulation with the answer in the error', async () => {
  const collector = await openCollector(() => ({ status: 401, body: 'unknown write key' }));
  const { options } = fakeClock(1000);
  await expect(simulate({ ...options, endpoint: collector.endpoint, perSecond: 1 })).rejects.toThrow(
    /answered 401 unknown write key/,
  );
});

test('a collector that is not there is waited for with growing pauses', async () => {
  const collector = await openCollector();
  await new Promise((resolve) => server?.close(resolve));
  const { options, slept } = fakeClock(60_000);
  const errors: string[] = [];
  await simulate({
    ...options,
    endpoint: collector.endpoint,
    perSecond: 1,
    onError: (error) => errors.push(error.message),
  });
  expect(slept.length).toBeLessThan(10);
  expect(slept.at(-1)).toBeGreaterThan(slept[0] ?? 0);
  expect(errors.at(-1)).toMatch(/ended with \d+ not stored/);
});

test('aborted while it sleeps, it ends at once and what was due is sent', async () => {
  const collector = await openCollector();
  const stop = new AbortController();
  await simulate({
    endpoint: collector.endpoint,
    perSecond: 1,
    signal: stop.signal,
    onSent: () => stop.abort(),
  });
  expect(collector.stored).toHaveLength(1);
});

test('a rate out of range is refused at the call', async () => {
  const signal = new AbortController().signal;
  const start = simulate({ endpoint: 'http://127.0.0.1:1', perSecond: 0, signal });
  await expect(start).rejects.toThrow('perSecond: 0; give a number above 0, at most 5000');
});
