import { createCollector } from '@taphouse/collector';
import { type KinesisStream, openKinesis } from '@taphouse/streams/kinesis';
import {
  type FaultProxy,
  type LocalKinesis,
  localAccess,
  seededRandom,
  startFaultProxy,
  startKinesis,
} from '@taphouse/streams/kinesis/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { runEngine } from './run-engine.ts';
import { ask, temporaryFolder } from './tap.ts';

let kinesis: LocalKinesis;
let proxy: FaultProxy;
beforeAll(async () => {
  kinesis = await startKinesis();
  const faults = { throttledRecords: 0.3, failedRequests: 0.05, lostAnswers: 0.1, expiredIterators: 0.02 };
  proxy = await startFaultProxy(kinesis.url, faults, seededRandom(5));
});
afterAll(async () => {
  await proxy.stop();
  await kinesis.stop();
});

const visitors = 12;
const batches = 180;

test('from the collector through a Kinesis with faults to sessions: each event once, whenever the engine died', async () => {
  await using folder = await temporaryFolder();
  const stream = await openKinesis({
    streamName: await kinesis.createStream(2),
    endpoint: proxy.url,
    ...localAccess,
    firstRetryMs: 2,
    pollMs: 10,
    tickMs: 50,
    giveUpMs: 60_000,
    requestTimeoutMs: 20_000,
    maxRequests: 2,
  });
  const sending = sendAll(stream);
  for (let death = 0; death < 2; death += 1) expect(await runEngine(folder.path, stream, 400, true)).toBe('died');
  await sending;
  await expect
    .poll(
      async () => {
        await runEngine(folder.path, stream, 500, false);
        return (await ask(folder.path, 'SELECT count(*)::INT AS count FROM events'))[0]?.count;
      },
      { timeout: 60_000 },
    )
    .toBe(batches * 5);
  await stream.close();

  const [sums] = await ask(
    folder.path,
    `SELECT (SELECT count(*)::INT FROM rawdata) AS stored, (SELECT sum(events)::INT FROM sessions) AS in_sessions,
            (SELECT count(DISTINCT event_id)::INT FROM rawdata) AS events`,
  );
  expect(sums).toMatchObject({ in_sessions: batches * 5, events: batches * 5 });
  // Lost answers made copies, which the engine has seen for what they are.
  expect(sums!.stored).toBeGreaterThan(batches * 5);
});

async function sendAll(stream: KinesisStream): Promise<void> {
  const app = createCollector({ stream, deadLetters: { append: async () => {} } });
  const answers: Promise<Response>[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const events = Array.from({ length: 5 }, (_, i) => ({
      event_id: `v${batch % visitors}-${String(Math.floor(batch / visitors) * 5 + i).padStart(8, '0')}`,
      user_id: batch % visitors,
      device_id: 'mobile',
      client_event: 'beer_cart',
      client_timestamp: Date.now(),
    }));
    const headers = { 'Content-Type': 'text/plain' };
    answers.push(
      Promise.resolve(app.request('/v1/events', { method: 'POST', headers, body: JSON.stringify({ events }) })),
    );
    await new Promise((wake) => setTimeout(wake, 15));
  }
  for (const answer of await Promise.all(answers)) expect(answer.status).toBe(204);
}
