import { createBell } from '../bell.ts';
import type { KinesisStream } from './open-kinesis.ts';

export interface FollowOptions {
  /** Ends following, once every shard's promise has resolved. */
  signal: AbortSignal;
  /** Between two looks for new shards, milliseconds. Default 60,000. */
  lookEveryMs?: number;
}

/**
 * Follows every shard of a stream, and those that come of splits and merges: a shard is begun when all its parents
 * have ended, so that the records of a key are read in their order.
 *
 * @param follow reads one shard (a pump) until it ends or its signal aborts
 * @throws what a `follow` throws, after the others have been aborted and have ended
 *
 * @example
 * await followShards(stream, (shard, signal) => pump({ stream, shard, signal, state, sink, window }), { signal });
 */
export async function followShards(
  stream: Pick<KinesisStream, 'lineage'>,
  follow: (shard: string, signal: AbortSignal) => Promise<void>,
  { signal, lookEveryMs = 60_000 }: FollowOptions,
): Promise<void> {
  const bell = createBell();
  const failing = new AbortController();
  const stop = AbortSignal.any([signal, failing.signal]);
  const running = new Map<string, Promise<void>>();
  const ended = new Set<string>();
  const faults: unknown[] = [];

  const run = async (shard: string): Promise<void> => {
    try {
      await follow(shard, stop);
    } catch (error) {
      faults.push(error);
      failing.abort();
    }
    ended.add(shard);
    bell.ring();
  };

  try {
    while (!stop.aborted) {
      const before = ended.size;
      for (const shard of await startable(stream, ended)) if (!running.has(shard)) running.set(shard, run(shard));
      if (ended.size === before) await bell.wait(lookEveryMs, stop);
    }
  } finally {
    failing.abort();
    await Promise.all(running.values());
  }
  if (faults.length > 0) throw faults[0];
}

/** Shards that have not ended, and whose parents have, here or before the stream forgot them. */
async function startable(stream: Pick<KinesisStream, 'lineage'>, ended: ReadonlySet<string>): Promise<string[]> {
  const lineage = await stream.lineage();
  const known = new Set(lineage.map(({ shard }) => shard));
  const isOver = (shard: string): boolean => ended.has(shard) || !known.has(shard);
  return lineage.filter(({ shard, parents }) => !ended.has(shard) && parents.every(isOver)).map(({ shard }) => shard);
}
