import { type BatchContext, limits } from '@taphouse/schema';
import type { Stream } from '@taphouse/streams';
import { type Context, Hono } from 'hono';
import type { DeadLetters } from './dead-letter.ts';
import { type LiveFeed, liveEvents } from './live-feed.ts';
import { createMetrics } from './metrics.ts';
import { pixel, pixelBatch } from './pixel.ts';
import { type IncomingBody, readBody } from './read-body.ts';
import { type Outcome, takeBatch } from './take-batch.ts';

export interface CollectorOptions {
  /** Where events go. The answer waits for its `append`. */
  stream: Pick<Stream, 'append'>;
  /** Where refused events go, with the reason. */
  deadLetters: DeadLetters;
  /** Keys a batch must carry one of. Absent: any key or none is taken. */
  writeKeys?: readonly string[];
  /** What `GET /v1/live` shows; absent, there is no such route. */
  live?: LiveFeed;
  /** Milliseconds since 1970 UTC. Default `Date.now`. */
  now?: () => number;
  /** Why batches can not be stored now, or null; for `GET /ready`. */
  ready?: () => Promise<string | null>;
  /** More values for `GET /metrics`, by metric name. */
  gauges?: () => Record<string, number>;
  /** Path of the protocol routes. Default `/v1`. */
  pathPrefix?: string;
}

/** What Node's server passes in; absent elsewhere. */
interface Bindings {
  incoming?: IncomingBody;
}

type CollectorContext = Context<{ Bindings: Bindings }>;

const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Taphouse-Time, Retry-After, Date',
};
const noStore = { 'Cache-Control': 'no-store' };
const retryAfterSeconds = '5';

/**
 * The collector as a Hono app: the protocol routes under `pathPrefix`, and `/health`, `/ready`, `/metrics`.
 *
 * @example
 * const app = createCollector({ stream: openMemory(), deadLetters: { append: async () => {} } });
 * const answer = await app.request('/v1/events', { method: 'POST', body: '{"events":[]}' });
 */
export function createCollector(options: CollectorOptions): Hono {
  const { deadLetters, live, now = Date.now, pathPrefix = '/v1', stream } = options;
  const metrics = createMetrics();
  const take = { stream, deadLetters, metrics, writeKeys: options.writeKeys && new Set(options.writeKeys) };
  const app = new Hono<{ Bindings: Bindings }>();

  app.post(`${pathPrefix}/events`, async (c) => {
    const body = await readBody(c.req.raw, c.env?.incoming, limits);
    if (typeof body !== 'string') {
      metrics.count('refused', 'body');
      metrics.count('requests', String(body.status));
      return answer(c, body.status, refusal(body.reason), { ...stamped(now()), Connection: 'close' });
    }
    const outcome = await takeBatch(body, batchContext(c, now()), take);
    metrics.count('requests', String(outcome.status));
    return settle(c, outcome, now());
  });

  app.options(`${pathPrefix}/events`, (c) =>
    c.body(null, 204, {
      ...cors,
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'Content-Type, Content-Encoding',
      'Access-Control-Max-Age': '86400',
    }),
  );

  app.get(`${pathPrefix}/pixel.gif`, async (c) => {
    const receivedAt = now();
    const body = pixelBatch(new URL(c.req.url).searchParams, c.req.header('referer') ?? null, receivedAt);
    const { status } = await takeBatch(body, batchContext(c, receivedAt), take);
    metrics.count('requests', String(status));
    const headers = { 'Content-Type': 'image/gif', ...noStore };
    return status === 503
      ? c.body(pixel, 503, { ...headers, 'Retry-After': retryAfterSeconds })
      : c.body(pixel, status === 204 ? 200 : status, headers);
  });

  app.get(`${pathPrefix}/limits`, (c) => answer(c, 200, limits, { ...cors, 'Cache-Control': 'max-age=3600' }));

  if (live)
    app.get(`${pathPrefix}/live`, (c) =>
      c.body(liveEvents(live), 200, {
        'Content-Type': 'text/event-stream',
        'X-Accel-Buffering': 'no',
        ...noStore,
      }),
    );

  app.get('/health', (c) => answer(c, 200, { status: 'ok' }, noStore));

  app.get('/ready', async (c) => {
    const reason = (await options.ready?.()) ?? null;
    return answer(c, reason === null ? 200 : 503, { status: reason === null ? 'ready' : 'not ready', reason }, noStore);
  });

  app.get('/metrics', (c) =>
    c.body(metrics.text(options.gauges?.() ?? {}), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );

  return app as unknown as Hono;
}

function batchContext(c: CollectorContext, receivedAt: number): BatchContext {
  const userAgent = c.req.header('user-agent')?.slice(0, limits.maxTextLength).toWellFormed() ?? null;
  return { receivedAt, ip: null, userAgent, newEventId: () => crypto.randomUUID() };
}

function settle(c: CollectorContext, outcome: Outcome, at: number): Response {
  const headers: Record<string, string> = stamped(at);
  const cookie = cookieOf(c, outcome);
  if (cookie) headers['Set-Cookie'] = cookie;
  const { status, accepted, rejected, reason } = outcome;
  if (status === 204) return c.body(null, 204, headers);
  if (status === 503) headers['Retry-After'] = retryAfterSeconds;
  return answer(c, status, reason === null ? { accepted, rejected } : refusal(reason), headers);
}

function cookieOf(c: CollectorContext, { batchId }: Outcome): string | undefined {
  // Readable by script on purpose: the SDK on the next page takes it as the answer that page hide cut off.
  if (batchId !== null) return `taphouse_ack_${batchId}=1; Path=/; Max-Age=600; SameSite=Lax`;
  return undefined;
}

/** Headers of every answer to a batch; the time lets the SDK correct the visitor's clock. */
function stamped(at: number): Record<string, string> {
  return { ...cors, ...noStore, 'Taphouse-Time': String(at) };
}

function refusal(reason: string): { accepted: 0; rejected: []; reason: string } {
  return { accepted: 0, rejected: [], reason };
}

function answer(
  c: CollectorContext,
  status: 200 | 400 | 401 | 413 | 415 | 503,
  json: unknown,
  headers: Record<string, string>,
): Response {
  return c.body(JSON.stringify(json), status, { 'Content-Type': 'application/json', ...headers });
}
