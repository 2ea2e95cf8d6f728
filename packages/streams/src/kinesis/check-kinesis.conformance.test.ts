import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { checkKinesis } from './check-kinesis.ts';
import { openKinesis } from './open-kinesis.ts';
import { serveAnswers } from './testing/serve-answers.ts';
import { type LocalKinesis, localAccess, startKinesis } from './testing/start-kinesis.ts';

let kinesis: LocalKinesis;
let server: { url: string; stop(): void } | undefined;
beforeAll(async () => {
  kinesis = await startKinesis();
}, 60_000);
afterAll(() => kinesis.stop());
afterEach(() => server?.stop());

async function serve(answers: Record<string, object>): Promise<string> {
  server = await serveAnswers(answers);
  return server.url;
}

function summary(fields: object = {}): object {
  const StreamModeDetails = { StreamMode: 'ON_DEMAND' };
  const common = { StreamStatus: 'ACTIVE', RetentionPeriodHours: 24, OpenShardCount: 4, StreamModeDetails };
  return { StreamDescriptionSummary: { ...common, ...fields } };
}

function check(streamName: string, endpoint: string): Promise<string[]> {
  return checkKinesis({ streamName, endpoint, ...localAccess }).then((found) =>
    found.map(({ level, line }) => `${level} ${line}`),
  );
}

it('finds a stream that can be used', async () => {
  const streamName = await kinesis.createStream(2);
  expect(await check(streamName, kinesis.url)).toEqual([
    `ok stream ${streamName}: active, provisioned, 2 open shards`,
    `ok stream ${streamName}: keeps records 24 h; an engine that is down for longer loses events`,
    `ok stream ${streamName}: may be written`,
    `ok stream ${streamName}: may be read`,
  ]);
});

it('says that a stream is not there', async () => {
  const [line] = await check('none', kinesis.url);
  expect(line).toMatch(/^fault stream none: ResourceNotFoundException: .*none.*; make it, or set the region it is in$/);
});

it('says that nobody answers', async () => {
  const [line] = await check('clicks', 'http://127.0.0.1:1');
  expect(line).toMatch(/^fault stream clicks: ECONNREFUSED: .*; check KINESIS_ENDPOINT, the region and the network$/);
});

it('takes a dry run that would have worked as permission to write', async () => {
  const endpoint = await serve({
    DescribeStreamSummary: summary(),
    PutRecords: { __type: 'DryRunOperationException', message: 'Request would have succeeded' },
  });
  expect(await check('clicks', endpoint)).toEqual([
    'ok stream clicks: active, on demand, 4 open shards',
    'ok stream clicks: keeps records 24 h; an engine that is down for longer loses events',
    'ok stream clicks: may be written',
    'warning stream clicks: AccessDeniedException: not authorized: ListShards; allow kinesis:ListShards to this role',
  ]);
});

it('names the permissions that are missing', async () => {
  const endpoint = await serve({
    DescribeStreamSummary: summary(),
    ListShards: { Shards: [{ ShardId: 'shardId-0' }] },
  });
  expect((await check('clicks', endpoint)).slice(2)).toEqual([
    'fault stream clicks: AccessDeniedException: not authorized: PutRecords; allow kinesis:PutRecords to this role',
    'warning stream clicks: AccessDeniedException: not authorized: GetShardIterator; allow kinesis:GetShardIterator to this role',
  ]);
  expect(await check('clicks', await serve({}))).toEqual([
    'fault stream clicks: AccessDeniedException: not authorized: DescribeStreamSummary; allow kinesis:DescribeStreamSummary to this role',
  ]);
});

it.each([
  [
    { RecordDistributionStrategy: 'AUTO' },
    "stream clicks: record distribution is AUTO, which ignores partition keys, so that a visitor's events lose their order; set it to USER_PARTITION_KEY",
  ],
  [{ StreamStatus: 'DELETING' }, 'stream clicks: is being deleted; make it again, or use another'],
])('refuses a stream with %o, here and when it is opened', async (fields, line) => {
  const endpoint = await serve({ DescribeStreamSummary: summary(fields) });
  expect(await check('clicks', endpoint)).toEqual([`fault ${line}`]);
  await expect(openKinesis({ streamName: 'clicks', endpoint, ...localAccess })).rejects.toThrow(line);
});

it('opens no stream that is not there or not ours, and says so at once', async () => {
  const opening = openKinesis({ streamName: 'none', endpoint: kinesis.url, ...localAccess });
  await expect(opening).rejects.toThrow(/^stream none: ResourceNotFoundException: .*; run taphouse doctor$/);
});

it('waits for a stream that is being made', async () => {
  const answers = { DescribeStreamSummary: summary({ StreamStatus: 'CREATING' }) };
  const endpoint = await serve(answers);
  const opening = openKinesis({ streamName: 'clicks', endpoint, ...localAccess });
  let opened = false;
  void opening.then(() => (opened = true));
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(opened).toBe(false);
  answers.DescribeStreamSummary = summary();
  await (await opening).close();
});
