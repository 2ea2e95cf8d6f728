import { afterAll, beforeAll } from 'vitest';
import { type OpenStream, testStream } from '../conformance.ts';
import { type KinesisOptions, openKinesis } from './open-kinesis.ts';
import { type Faults, type FaultProxy, startFaultProxy } from './testing/fault-proxy.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { type LocalKinesis, localAccess, startKinesis } from './testing/start-kinesis.ts';

let kinesis: LocalKinesis;
let proxy: FaultProxy;
beforeAll(async () => {
  kinesis = await startKinesis();
  const faults: Faults = {
    throttledRecords: 0.3,
    throttledRequests: 0.02,
    failedRequests: 0.05,
    cutRequests: 0.02,
    lostAnswers: 0.05,
    expiredIterators: 0.02,
  };
  proxy = await startFaultProxy(kinesis.url, faults, seededRandom(7));
}, 60_000);
afterAll(async () => {
  await proxy.stop();
  await kinesis.stop();
});

const openAt =
  (url: () => string): OpenStream =>
  async ({ tickMs }) => {
    const streamName = await kinesis.createStream();
    const options: KinesisOptions = {
      streamName,
      endpoint: url(),
      ...localAccess,
      tickMs,
      pollMs: 5,
      firstRetryMs: 2,
      clockMarginMs: 0,
      // A local Kinesis takes one request after the other, and may be slow at it.
      maxRequests: 2,
      giveUpMs: 50_000,
      requestTimeoutMs: 20_000,
    };
    let stream = await openKinesis(options);
    return {
      stream,
      reopen: async () => {
        await stream.close();
        stream = await openKinesis(options);
        return stream;
      },
      dispose: async () => {
        await stream.close();
        await kinesis.deleteStream(streamName);
      },
    };
  };

testStream(
  'Kinesis',
  openAt(() => kinesis.url),
  { ownClock: true, keepsTrimmed: true },
);
testStream(
  'Kinesis behind faults',
  openAt(() => proxy.url),
  { ownClock: true, keepsTrimmed: true, copies: true },
);
