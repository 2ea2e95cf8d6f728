import type { LiveMessage } from '@taphouse/schema';

/** What `GET /v1/live` shows its viewers. */
export interface LiveFeed {
  /** Calls `listener` with each message until the returned function is called. */
  subscribe(listener: (message: LiveMessage) => void): () => void;
}

/** Between two comments that keep an idle connection open through proxies, milliseconds. */
const beatMs = 15_000;
/** Messages a viewer may be behind before it is let go; its EventSource then connects anew. */
const maxBehind = 256;

/** A feed as server-sent events, for as long as the viewer stays. */
export function liveEvents(feed: LiveFeed): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stop: (() => void) | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (text: string): void => {
          if ((controller.desiredSize ?? 0) > 0) return controller.enqueue(encoder.encode(text));
          stop?.();
          controller.close();
        };
        send('retry: 1000\n\n');
        const unsubscribe = feed.subscribe(({ event, data }) =>
          send(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
        );
        const beat = setInterval(() => send(': beat\n\n'), beatMs);
        stop = () => {
          clearInterval(beat);
          unsubscribe();
        };
      },
      cancel: () => stop?.(),
    },
    { highWaterMark: maxBehind },
  );
}
