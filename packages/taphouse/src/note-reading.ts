import type { Stream } from '@taphouse/streams';

/** The same stream, which tells when its reader has done with a slice, and the position that went to. */
export function noteReading(stream: Stream, onTaken: (shard: string, position: string) => void): Stream {
  return {
    append: (records) => stream.append(records),
    shards: () => stream.shards(),
    trim: (shard, position) => stream.trim(shard, position),
    close: () => stream.close(),
    async *read(shard, options) {
      for await (const slice of stream.read(shard, options)) {
        yield slice;
        // Asked for the next, the reader has taken this one.
        const last = slice.records.at(-1);
        if (last) onTaken(shard, last.position);
      }
    },
  };
}
