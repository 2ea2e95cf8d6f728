import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { sessionRow } from '@taphouse/schema/testing';
import { parseAlerts } from '@taphouse/sessions';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type AlertOutbox, openAlertOutbox } from './alert-outbox.ts';
import { createAlertSender } from './send-alerts.ts';

/** A webhook that answers what it is told to, 200 when it was told nothing. */
let server: Server;
let url: string;
let answers: number[];
let taken: { body: string; signature: string | undefined }[];
let lines: string[];
let folder: string;
let outbox: AlertOutbox;

beforeEach(async () => {
  answers = [];
  taken = [];
  lines = [];
  folder = await mkdtemp(join(tmpdir(), 'taphouse-alerts-'));
  outbox = await openAlertOutbox(folder);
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  server.close();
  await outbox.close();
  await rm(folder, { recursive: true });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const status = answers.shift() ?? 200;
  if (status === 200) taken.push({ body, signature: request.headers['taphouse-signature']?.toString() });
  response.writeHead(status).end();
}

const rules = parseAlerts('short: duration_sec < 20');

test('a session under 20 s is sent, signed, and one over is not', async () => {
  const sender = createAlertSender({
    rules,
    webhook: { url, secret: 'hops', outbox },
    report: (line) => lines.push(line),
  });
  await sender.take([sessionRow({ duration_sec: 19, row_id: 'a' }), sessionRow({ duration_sec: 20, row_id: 'b' })]);
  await expect.poll(() => taken.length).toBe(1);
  const { body, signature } = taken[0]!;
  expect(JSON.parse(body)).toMatchObject({ id: 'short/a', rule: 'short', session: { row_id: 'a', duration_sec: 19 } });
  const [, at, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature ?? '')!;
  expect(mac).toBe(createHmac('sha256', 'hops').update(`${at}.${body}`).digest('hex'));
  expect(lines).toHaveLength(1);
  await sender.close();
});

test('a webhook that fails is asked again until it takes the alert', async () => {
  answers = [500, 429, 503];
  const sender = createAlertSender({
    rules,
    webhook: { url, outbox },
    report: (line) => lines.push(line),
    firstWaitMs: 5,
  });
  await sender.take([sessionRow({ duration_sec: 1 })]);
  await expect.poll(() => taken.length).toBe(1);
  expect(answers).toEqual([]);
  await sender.close();
});

test('an alert that nobody takes is given up with a line that says so', async () => {
  answers = Array.from({ length: 100 }, () => 500);
  const sender = createAlertSender({
    rules,
    webhook: { url, outbox },
    report: (line) => lines.push(line),
    firstWaitMs: 5,
    giveUpMs: 30,
  });
  await sender.take([sessionRow({ duration_sec: 1 })]);
  await expect.poll(() => lines.at(-1)).toMatch(/answered 500; given up$/);
  expect(taken).toEqual([]);
  await sender.close();
});

test('without a webhook an alert is a line', async () => {
  const sender = createAlertSender({ rules, report: (line) => lines.push(line) });
  await sender.take([sessionRow({ session_id: '50_MOB1', duration_sec: 3, events: 2 })]);
  expect(lines).toEqual(['alert short: session 50_MOB1, 2 events in 3 s, beer_vitrine_nav to beer_vitrine_nav']);
});

test('what waits at the end is sent by the next sender, under the same id, and once', async () => {
  answers = [500];
  const first = createAlertSender({ rules, webhook: { url, outbox }, report: (line) => lines.push(line) });
  await first.take([sessionRow({ duration_sec: 1, row_id: 'w' })]);
  await expect.poll(() => answers).toEqual([]);
  await first.close();
  expect(lines.at(-1)).toBe('alerts: 1 not taken by the webhook yet; sent after the next start');
  expect(taken).toEqual([]);

  const second = createAlertSender({ rules, webhook: { url, outbox }, report: (line) => lines.push(line) });
  await second.take([sessionRow({ duration_sec: 1, row_id: 'w' })]);
  await expect.poll(() => outbox.waiting()).toEqual([]);
  await second.close();
  expect(taken.map(({ body }) => (JSON.parse(body) as { id: string }).id)).toEqual(['short/w']);
});

test('an alert about someone who was erased meanwhile is not sent', async () => {
  answers = [500];
  const sender = createAlertSender({
    rules,
    webhook: { url, outbox },
    report: (line) => lines.push(line),
    firstWaitMs: 500,
  });
  await sender.take([sessionRow({ duration_sec: 1, user_id: 'gone' })]);
  await expect.poll(() => answers).toEqual([]);
  expect(await outbox.erase(['gone', 'nobody'])).toBe(1);
  await sender.take([sessionRow({ duration_sec: 1, user_id: 'stays', row_id: 's' })]);
  await expect.poll(() => taken.length).toBe(1);
  await new Promise((wake) => setTimeout(wake, 700));
  expect(taken.map(({ body }) => (JSON.parse(body) as { id: string }).id)).toEqual(['short/s']);
  await sender.close();
});

test('one that the webhook refuses does not hold up the others, of which a few are sent at once', async () => {
  answers = [400];
  const sender = createAlertSender({ rules, webhook: { url, outbox }, report: (line) => lines.push(line) });
  await sender.take(Array.from({ length: 50 }, (_, i) => sessionRow({ duration_sec: 1, row_id: `r${i}` })));
  await expect.poll(() => taken.length).toBe(49);
  await expect.poll(() => outbox.waiting()).toHaveLength(1);
  await sender.close();
});
