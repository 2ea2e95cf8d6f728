import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { connectKinesis } from '../kinesis-client.ts';

/** A Kinesis on this machine. */
export interface LocalKinesis {
  /** `http://127.0.0.1:40123`. */
  url: string;
  client: KinesisClient;
  /** Makes a stream; resolves with its name when it can be used. */
  createStream(shards?: number): Promise<string>;
  deleteStream(streamName: string): Promise<void>;
  stop(): Promise<void>;
}

/** What a local Kinesis takes for a region and an account. */
export const localAccess = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const;

/** What it asks for, to know its server without TLS by; it gets a free one. */
const plainPort = 4568;

/** Starts kinesis-local on a free port of the loopback interface. */
export async function startKinesis(): Promise<LocalKinesis> {
  const { url, process } = await startProcess();
  const client = connectKinesis({ streamName: '', endpoint: url, ...localAccess, requestTimeoutMs: 30_000 });
  let made = 0;
  return {
    url,
    client,

    async createStream(shards = 1) {
      made += 1;
      const StreamName = `clicks-${made}`;
      await client.send(new CreateStreamCommand({ StreamName, ShardCount: shards }));
      while (true) {
        const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
        if (answer.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return StreamName;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },

    async deleteStream(StreamName) {
      await client.send(new DeleteStreamCommand({ StreamName }));
    },

    async stop() {
      client.destroy();
      await end(process);
    },
  };
}

async function startProcess(): Promise<{ url: string; process: ChildProcess }> {
  const main = createRequire(import.meta.url).resolve('kinesis-local');
  const preload = new URL('loopback.ts', import.meta.url).href;
  const durations = ['CREATE_STREAM', 'DELETE_STREAM', 'SPLIT_SHARD', 'MERGE_SHARDS'];
  const child = spawn(process.execPath, ['--import', preload, main], {
    // It reads its certificate from there.
    cwd: dirname(main),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      PATH: process.env.PATH,
      LOG_LEVEL: 'ERROR',
      KINESIS_MOCK_PLAIN_PORT: String(plainPort),
      ...Object.fromEntries(durations.map((name) => [`${name}_DURATION`, '5ms'])),
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('message', ({ asked, port }: { asked: number; port: number }) => {
    if (asked === plainPort) resolve(port);
  });
  child.on('exit', (code) => reject(new Error(`kinesis-local: ended with ${code} before it listened`)));
  return { url: `http://127.0.0.1:${await promise}`, process: child };
}

/** It may not listen to SIGTERM. */
async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill();
  const impatience = setTimeout(() => child.kill('SIGKILL'), 500);
  await ended;
  clearTimeout(impatience);
}
