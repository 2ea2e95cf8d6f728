import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { decodeEvents } from '@taphouse/schema';
import { openKinesis } from '@taphouse/streams/kinesis';
import { type LocalKinesis, localAccess, startKinesis } from '@taphouse/streams/kinesis/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { LambdaAnswer } from './create-handler.ts';
import { buildLambda } from './testing/build-lambda.ts';
import { functionUrlEvent } from './testing/lambda-events.ts';
import { type RunningLambda, startLambda } from './testing/start-lambda.ts';

const maxGzipBytes = 160_000;

const folder = mkdtempSync(join(tmpdir(), 'taphouse-lambda-'));
const file = join(folder, 'index.mjs');
let kinesis: LocalKinesis;
let lambda: RunningLambda | undefined;

beforeAll(async () => {
  [kinesis] = await Promise.all([
    startKinesis(),
    buildLambda(fileURLToPath(new URL('testing/entry.ts', import.meta.url)), file),
  ]);
}, 60_000);
afterEach(() => lambda?.stop());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await kinesis.stop();
});

async function start(streamName: string, env: Record<string, string> = {}): Promise<RunningLambda> {
  const { accessKeyId, secretAccessKey } = localAccess.credentials;
  lambda = await startLambda(file, {
    TAPHOUSE_STREAM: streamName,
    KINESIS_ENDPOINT: kinesis.url,
    AWS_REGION: localAccess.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...env,
  });
  return lambda;
}

async function send(running: RunningLambda, batch: number): Promise<LambdaAnswer> {
  const events = Array.from({ length: 20 }, (_, i) => ({
    event_id: `e-${batch}-${i}`,
    user_id: i % 2,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp: Date.now(),
  }));
  const body = JSON.stringify({ batch_id: `b${batch}`, events });
  const headers = { 'Content-Type': 'text/plain' };
  const request = new Request('https://clicks.example/v1/events', { method: 'POST', body, headers });
  return (await running.invoke(await functionUrlEvent(request))) as LambdaAnswer;
}

it(`is one file of at most ${maxGzipBytes} bytes gzip, the AWS SDK in it`, () => {
  const code = readFileSync(file);
  expect(gzipSync(code).length).toBeLessThanOrEqual(maxGzipBytes);
  const imported = [...code.toString().matchAll(/\bfrom\s*["']([^"']+)["']/g)].map((match) => match[1]!);
  expect(imported.filter((name) => !name.startsWith('node:') && /^[@\w]/.test(name) && name.includes('/'))).toEqual([]);
});

it('answers when the batch is in the stream', async () => {
  const streamName = await kinesis.createStream();
  const running = await start(streamName);
  const stream = await openKinesis({ streamName, endpoint: kinesis.url, ...localAccess, pollMs: 5 });
  for (let batch = 0; batch < 3; batch += 1) {
    const answer = await send(running, batch);
    expect(answer).toMatchObject({ statusCode: 204, body: '' });
    expect(answer.cookies).toEqual([expect.stringMatching(`^taphouse_ack_b${batch}=1;`)]);
    // Nothing of it may come later: this looks once.
    for await (const { records } of stream.read((await stream.shards())[0]!, { maxRecords: 100 })) {
      const events = records.flatMap(({ data }) => decodeEvents(data));
      expect(events).toHaveLength(20 * (batch + 1));
      expect(new Set(records.map(({ partitionKey }) => partitionKey)).size).toBe(2);
      break;
    }
  }
  await stream.close();
});

it('answers 503 when the stream takes nothing, and goes on', async () => {
  const running = await start('none', { TAPHOUSE_GIVE_UP_MS: '300' });
  const refused = await send(running, 1);
  expect(refused).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
  expect(JSON.parse(refused.body)).toMatchObject({ reason: 'collector: its log takes nothing; try again later' });
  expect((await send(running, 2)).statusCode).toBe(503);
});
