/** A collector on Lambda as an installation would write it: what the bundle test builds and runs. */
import { openKinesis } from '@taphouse/streams/kinesis';
import { createHandler, type LambdaHandler, logDeadLetters } from '../index.ts';

// What a stream may not be is checked when it is set up, not at each cold start: DescribeStreamSummary is rationed.
const stream = await openKinesis({
  streamName: process.env.TAPHOUSE_STREAM ?? '',
  check: false,
  giveUpMs: Number(process.env.TAPHOUSE_GIVE_UP_MS ?? 5000),
});

export const handler: LambdaHandler = createHandler({ stream, deadLetters: logDeadLetters() });
