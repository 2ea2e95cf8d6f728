import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { sessionRow } from '@taphouse/schema/testing';
import { parseAlerts } from '@taphouse/sessions';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { createAlertSender } from './send-alerts.ts';

/** A webhook that answers what it is told to, 200 when it was told nothing. */
let server: Server;
let url: string;
let answers: number[];
let taken: { body: string; signature: string | undefined }[];
let lines: string[];

beforeEach(async () => {
  answers = [];
  taken = [];
  lines = [];
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(() => server.close());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const status = answers.shift() ?? 200;
  if (status === 200) taken.push({ body, signature: request.headers['taphouse-signature']?.toString() });
  response.writeHead(status).end();
}

const rules = parseAlerts('short: duration_sec < 20');

test('a session under 20 s is sent, signed, and one over is not', async () => {
  const sender = createAlertSender({ rules, webhook: { url, secret: 'hops' }, report: (line) => lines.push(line) });
  sender.take([sessionRow({ duration_sec: 19, row_id: 'a' }), sessionRow({ duration_sec: 20, row_id: 'b' })]);
  await expect.poll(() => taken.length).toBe(1);
  const { body, signature } = taken[0]!;
  expect(JSON.parse(body)).toMatchObject({ rule: 'short', session: { row_id: 'a', duration_sec: 19 } });
  const [, at, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature ?? '')!;
  expect(mac).toBe(createHmac('sha256', 'hops').update(`${at}.${body}`).digest('hex'));
  expect(lines).toHaveLength(1);
  sender.close();
});

test('a webhook that fails is asked again until it takes the alert', async () => {
  answers = [500, 429, 503];
  const sender = createAlertSender({ rules, webhook: { url }, report: (line) => lines.push(line), firstWaitMs: 5 });
  sender.take([sessionRow({ duration_sec: 1 })]);
  await expect.poll(() => taken.length).toBe(1);
  expect(answers).toEqual([]);
  sender.close();
});

test('an alert that nobody takes is given up with a line that says so', async () => {
  answers = Array.from({ length: 100 }, () => 500);
  const sender = createAlertSender({
    rules,
    webhook: { url },
    report: (line) => lines.push(line),
    firstWaitMs: 5,
    giveUpMs: 30,
  });
  sender.take([sessionRow({ duration_sec: 1 })]);
  await expect.poll(() => lines.at(-1)).toMatch(/answered 500; given up$/);
  expect(taken).toEqual([]);
  sender.close();
});

test('without a webhook an alert is a line', () => {
  const sender = createAlertSender({ rules, report: (line) => lines.push(line) });
  sender.take([sessionRow({ session_id: '50_MOB1', duration_sec: 3, events: 2 })]);
  expect(lines).toEqual(['alert short: session 50_MOB1, 2 events in 3 s, beer_vitrine_nav to beer_vitrine_nav']);
});
