import lakeWorker from './lake-worker.js?url&no-inline';

/** What has been fetched of the lake: bytes of bodies, and requests, those without a body included. */
export interface Fetched {
  bytes: number;
  requests: number;
}

/** The page asks; the worker answers with the same number, after all that it did before. */
interface BytesAsked {
  ask: number;
}

/** The worker tells. */
interface BytesCounted {
  counted: Fetched;
  asked?: number;
}

/** A count of the bytes that one worker fetches. */
export interface ByteCount {
  /** Address of DuckDB's worker, with the count in it. */
  worker: string;
  /** As last heard; while a query runs it may lag a little. */
  latest(): Fetched;
  /** Exact, once the worker is idle. */
  settled(): Promise<Fetched>;
  close(): void;
}

/**
 * Counts what DuckDB fetches, by a worker of ours around its own (lake-worker.js).
 *
 * DuckDB reads files by synchronous XMLHttpRequest, which the page cannot see: `performance` of the page lists a
 * worker's requests nowhere, and `exportFileStatistics` counts blocks of 16 kB, read ahead or not.
 * It begins each file with a HEAD request for its length. Where the address ends in `#bytes=<length>`, as the manifest
 * has it, there is nothing to ask: one round trip a file less, and an address presigned for GET is enough.
 *
 * The worker's address ends in `#<channel>&<address of DuckDB's worker>`: the count is told on that BroadcastChannel,
 * and again when asked. It is plain JavaScript without imports, for it is emitted as it is and run as a classic worker.
 *
 * @param duckDbWorker address of DuckDB's own worker
 * @param heard told with each request
 */
export function countBytes(duckDbWorker: string, heard: (fetched: Fetched) => void = () => {}): ByteCount {
  const name = `taphouse-bytes-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  const channel = new BroadcastChannel(name);
  const waiting = new Map<number, (fetched: Fetched) => void>();
  let latest: Fetched = { bytes: 0, requests: 0 };
  let asked = 0;
  channel.addEventListener('message', ({ data }: MessageEvent<BytesAsked | BytesCounted>) => {
    if (!('counted' in data)) return;
    latest = data.counted;
    heard(latest);
    if (data.asked === undefined) return;
    waiting.get(data.asked)?.(latest);
    waiting.delete(data.asked);
  });
  return {
    worker: `${lakeWorker}#${name}&${encodeURIComponent(duckDbWorker)}`,
    latest: () => latest,
    settled: () =>
      new Promise((resolve) => {
        asked += 1;
        waiting.set(asked, resolve);
        channel.postMessage({ ask: asked } satisfies BytesAsked);
      }),
    close: () => channel.close(),
  };
}
