import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testStream } from '../conformance.ts';
import { openLog } from './open-log.ts';

testStream('log', async (options) => {
  const path = await mkdtemp(join(tmpdir(), 'taphouse-log-'));
  let stream = await openLog({ path, ...options });
  return {
    stream,
    reopen: async () => {
      await stream.close();
      stream = await openLog({ path, ...options });
      return stream;
    },
    dispose: async () => {
      await stream.close();
      await rm(path, { recursive: true });
    },
  };
});
