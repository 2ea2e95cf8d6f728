/**
 * The collector on Lambda: CPU of a call with 20 events in a warm process, all but what the stream itself takes; what
 * the bundle weighs; and the time from the start of a process to its first answer, in AWS's runtime client, with a
 * local Kinesis behind it.
 *
 * `pnpm bench lambda [--rounds 5] [--calls 5000]`
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createHandler } from '../../packages/collector/src/lambda/index.ts';
import { buildLambda } from '../../packages/collector/src/lambda/testing/build-lambda.ts';
import { functionUrlEvent } from '../../packages/collector/src/lambda/testing/lambda-events.ts';
import { startLambda } from '../../packages/collector/src/lambda/testing/start-lambda.ts';
import { localAccess, startKinesis } from '../../packages/streams/src/kinesis/testing/start-kinesis.ts';
import { beerBatch } from '../beer-batch.ts';
import { writeResults } from '../results.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, calls: { type: 'string', default: '5000' } },
});
const rounds = Number(values.rounds);
const calls = Number(values.calls);

const warm = await benchWarm();
const cold = await benchCold();
const table = [
  `A Function URL's event with 20 events, ${beerBatch().length} bytes; medians of ${rounds} rounds, the least in brackets. Warm: CPU, user and system, of ${calls} calls whose append resolves at once. Cold: wall time from spawning the process to the answer, PutRecords to kinesis-local included.`,
  '',
  '| | |',
  '|---|---|',
  `| CPU of a warm call | ${warm} us |`,
  `| first call of a cold process | ${cold.firstMs} ms |`,
  `| second call | ${cold.secondMs} ms |`,
  `| bundle, the AWS SDK in it | ${cold.bytes} bytes, ${cold.gzipBytes} gzip |`,
].join('\n');
console.log(table);
writeResults('lambda', table);

async function benchWarm(): Promise<string> {
  const handler = createHandler({ stream: { append: async () => {} }, deadLetters: { append: async () => {} } });
  const event = await clickEvent();
  const cpuUs: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call += 1) {
      const { statusCode } = await handler(event);
      if (statusCode !== 204) throw new Error(`bench: answered ${statusCode}; the figures would mean nothing`);
    }
    const { user, system } = process.cpuUsage(before);
    // The first is for the compiler.
    if (round >= 0) cpuUs.push((user + system) / calls);
  }
  return figures(cpuUs);
}

async function benchCold(): Promise<{ firstMs: string; secondMs: string; bytes: number; gzipBytes: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'taphouse-bench-lambda-'));
  const file = join(folder, 'index.mjs');
  await buildLambda(join(import.meta.dirname, '../../packages/collector/src/lambda/testing/entry.ts'), file);
  const kinesis = await startKinesis();
  const env = {
    TAPHOUSE_STREAM: await kinesis.createStream(),
    KINESIS_ENDPOINT: kinesis.url,
    AWS_REGION: localAccess.region,
    AWS_ACCESS_KEY_ID: localAccess.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localAccess.credentials.secretAccessKey,
  };
  const firsts: number[] = [];
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const event = await clickEvent();
    const startedAt = performance.now();
    const lambda = await startLambda(file, env);
    await lambda.invoke(event);
    const answeredAt = performance.now();
    await lambda.invoke(event);
    firsts.push(answeredAt - startedAt);
    seconds.push(performance.now() - answeredAt);
    await lambda.stop();
  }
  await kinesis.stop();
  const code = readFileSync(file);
  rmSync(folder, { recursive: true });
  return {
    firstMs: figures(firsts),
    secondMs: figures(seconds),
    bytes: code.length,
    gzipBytes: gzipSync(code).length,
  };
}

async function clickEvent(): Promise<Awaited<ReturnType<typeof functionUrlEvent>>> {
  const headers = { 'Content-Type': 'text/plain', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0' };
  return functionUrlEvent(
    new Request('https://clicks.example/v1/events', { method: 'POST', body: beerBatch(), headers }),
  );
}

function figures(of: readonly number[]): string {
  const sorted = of.toSorted((a, b) => a - b);
  return `${sorted[sorted.length >> 1]!.toFixed(0)} (${sorted[0]!.toFixed(0)})`;
}
