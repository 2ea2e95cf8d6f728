import { expect, it } from 'vitest';
import { followShards } from './follow-shards.ts';
import type { ShardLineage } from './open-kinesis.ts';

/** A stream whose shards a test splits and merges, and follows as it says. */
function createFollowed(...first: ShardLineage[]) {
  const lineage = [...first];
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const follow = async (shard: string, signal: AbortSignal): Promise<void> => {
    begun.push(shard);
    const end = Promise.withResolvers<void>();
    ends.set(shard, end);
    signal.addEventListener('abort', () => end.resolve());
    await end.promise;
  };
  return { lineage, begun, ends, follow, stream: { lineage: async () => lineage } };
}

function shard(name: string, ...parents: string[]): ShardLineage {
  return { shard: name, parents };
}

it('begins children when all their parents have ended', async () => {
  const { begun, ends, follow, stream } = createFollowed(shard('a'), shard('b'), shard('c', 'a', 'b'), shard('d', 'b'));
  const abort = new AbortController();
  const following = followShards(stream, follow, { signal: abort.signal });
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b']);
  ends.get('b')!.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b', 'd']);
  ends.get('a')!.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b', 'd', 'c']);
  abort.abort();
  await following;
});

it('does not wait for parents that the stream has forgotten', async () => {
  const { begun, follow, stream } = createFollowed(shard('c', 'a', 'b'));
  const abort = new AbortController();
  const following = followShards(stream, follow, { signal: abort.signal });
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['c']);
  abort.abort();
  await following;
});

it('looks for new shards now and then', async () => {
  const { begun, follow, lineage, stream } = createFollowed(shard('a'));
  const abort = new AbortController();
  const following = followShards(stream, follow, { signal: abort.signal, lookEveryMs: 5 });
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a']);
  lineage.push(shard('b'));
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b']);
  abort.abort();
  await following;
});

it('ends the other shards when one fails, and throws its error', async () => {
  const { begun, ends, follow, stream } = createFollowed(shard('a'), shard('b'));
  let stopped = false;
  const followBoth = async (name: string, signal: AbortSignal): Promise<void> => {
    await follow(name, signal);
    if (name === 'b') stopped = signal.aborted;
  };
  const following = followShards(stream, followBoth, { signal: new AbortController().signal });
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b']);
  ends.get('a')!.reject(new Error('the lake is gone'));
  await expect(following).rejects.toThrow('the lake is gone');
  expect(stopped).toBe(true);
});
