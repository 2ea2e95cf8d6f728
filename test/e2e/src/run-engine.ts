import { join } from 'node:path';

import { openLake } from '@taphouse/lake/files';
import { pump, type PumpState, staggerWindow } from '@taphouse/sessions';
import { openPumpState } from '@taphouse/sessions/lmdb';
import { followShards, type KinesisStream } from '@taphouse/streams/kinesis';

/** Runs the engine for a while; then it dies, between the lake's commit and its own, or ends in order. */
export async function runEngine(
  folder: string,
  stream: KinesisStream,
  forMs: number,
  toDeath: boolean,
): Promise<'died' | 'ended'> {
  const state = await openPumpState(join(folder, 'state'));
  const lake = await openLake({ folder: join(folder, 'lake') });
  const stopping = new AbortController();
  let dying = false;
  const mortal: PumpState = {
    load: (shard) => state.load(shard),
    save(shard, checkpoint) {
      if (!dying) return state.save(shard, checkpoint);
      // The lake has it by now.
      stopping.abort();
      return Promise.reject(new Error('dead'));
    },
  };
  const timer = setTimeout(() => {
    dying = toDeath;
    if (!toDeath) stopping.abort();
  }, forMs);
  try {
    await followShards(
      stream,
      (shard, signal) =>
        pump({
          stream,
          shard,
          state: mortal,
          sink: lake,
          signal,
          window: staggerWindow({ stepMs: 1000, rangeMs: 1000 }),
          commitEveryMs: 100,
        }),
      { signal: stopping.signal },
    );
    return 'ended';
  } catch (error) {
    if (!dying) throw error;
    return 'died';
  } finally {
    clearTimeout(timer);
    await lake.close();
    await state.close();
  }
}
