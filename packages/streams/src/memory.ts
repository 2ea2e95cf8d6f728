import { createBell } from './bell.ts';
import { checkRecords } from './check-records.ts';
import { checkShard, fromPosition, toPosition } from './position.ts';
import { type StoredRecord, type Stream, StreamUnavailableError } from './stream.ts';

export interface MemoryOptions {
  /** Milliseconds since 1970 UTC. Default `Date.now`. */
  now?: () => number;
  /** Between two ticks of a silent stream, milliseconds. Default 1,000. */
  tickMs?: number;
}

/** A stream in memory: the specification of what a stream does, with one shard and nothing kept at the end. */
export function openMemory({ now = Date.now, tickMs = 1000 }: MemoryOptions = {}): Stream {
  const bell = createBell();
  let records: StoredRecord[] = [];
  let next = 1;
  let clock = 0;
  let closed = false;

  return {
    async append(added) {
      if (closed) throw new StreamUnavailableError('stream in memory: closed');
      checkRecords(added);
      clock = Math.max(clock, now());
      for (const { partitionKey, data } of added) {
        records.push({ partitionKey, data, position: toPosition(next), arrivedAt: clock });
        next += 1;
      }
      bell.ring();
    },

    async shards() {
      return ['0'];
    },

    async *read(shard, { after, maxRecords = 1000, signal } = {}) {
      checkShard(shard);
      const going = (): boolean => !closed && !signal?.aborted;
      let done = after === undefined ? 0 : fromPosition(after);
      while (going()) {
        const oldest = next - records.length;
        const from = Math.max(0, done + 1 - oldest);
        const slice = records.slice(from, from + maxRecords);
        const last = slice.at(-1);
        if (last) {
          done = fromPosition(last.position);
          yield { records: slice, clockAt: last.arrivedAt };
        } else if (!(await bell.wait(tickMs, signal)) && going()) {
          clock = Math.max(clock, now());
          yield { records: [], clockAt: clock };
        }
      }
    },

    async trim(shard, position) {
      checkShard(shard);
      const upTo = fromPosition(position);
      records = records.filter((record) => fromPosition(record.position) > upTo);
    },

    async close() {
      closed = true;
      bell.ring();
    },
  };
}
