import { createQuickReader, limits } from '@taphouse/schema';
import type { Stream } from '@taphouse/streams';
import { type Context, Hono } from 'hono';
import { clientAddress, truncateAddress } from './client-address.ts';
import type { DeadLetters } from './dead-letter.ts';
import type { Identity } from './identity.ts';
import { type LiveFeed, liveEvents } from './live-feed.ts';
import { createLog, type LogLine } from './log-line.ts';
import { createMetrics } from './metrics.ts';
import { openApi } from './open-api.ts';
import { pixel, pixelBatch } from './pixel.ts';
import { createRateLimit, type RateLimitOptions } from './rate-limit.ts';
import { refuseOtherRoutes } from './refuse-routes.ts';
import { createRequestIds } from './request-ids.ts';
import { type BodyFault, type IncomingBody, readBody } from './read-body.ts';
import { type Outcome, refused, type Sender, takeBatch } from './take-batch.ts';
import { remembered } from './remembered.ts';
import { createUserAgentReader } from './user-agent.ts';
import { createKeyRing, type WriteKey } from './write-keys.ts';

export interface CollectorOptions {
  /** Where events go. The answer waits for its `append`. */
  stream: Pick<Stream, 'append'>;
  /** Where refused events go, with the reason. */
  deadLetters: DeadLetters;
  /** Keys a batch must carry one of, each for any page or for its origins. Absent: any key or none is taken. */
  writeKeys?: readonly (string | WriteKey)[];
  /** What `GET /v1/live` shows; absent, there is no such route. */
  live?: LiveFeed;
  /** Milliseconds since 1970 UTC. Default `Date.now`. */
  now?: () => number;
  /** Why batches can not be stored now, or null; for `GET /ready`. */
  ready?: () => Promise<string | null>;
  /** Why no batch is taken for the moment, or null: the log is far behind, the disk is low. Asked once a second. */
  busy?: () => string | null;
  /** More values for `GET /metrics`, by metric name. */
  gauges?: () => Record<string, number>;
  /** Path of the protocol routes. Default `/v1`. */
  pathPrefix?: string;
  /** What is stored of a client's address. Default `truncated`: /24 of IPv4, /48 of IPv6. */
  ip?: 'truncated' | 'none';
  /** Proxies of ours between client and collector, whose X-Forwarded-For is believed. Default 0. */
  trustedHops?: number;
  /** Events a second that one write key and address may send. Absent: as many as they like. */
  rateLimit?: RateLimitOptions;
  /** Most bytes of bodies held in memory at once; more are answered 503. Default 64 MiB. */
  maxHeldBytes?: number;
  /**
   * True of a user of whom nothing is to be stored: what is sent of such is answered as ever, and kept neither in the
   * stream nor among the dead letters. Asked for each visitor of a batch. Absent: nobody is.
   */
  refuses?: (userId: string) => boolean;
  /** Asks for proof of user_id. Absent: every user_id is believed. */
  identity?: Identity;
  /** Takes what is worth a line: refusals and faults, at most 50 a second. Absent: no log. */
  log?: (line: LogLine) => void;
}

/** What Node's server or Lambda pass in; absent elsewhere. */
interface Bindings {
  incoming?: IncomingBody & {
    url?: string;
    headers: Record<string, string | string[] | undefined>;
    socket?: { remoteAddress?: string };
  };
  /** Address of the other end of the connection, where there is no socket to ask: Lambda. */
  remoteAddress?: string | undefined;
}

type CollectorContext = Context<{ Bindings: Bindings }>;

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
  const keys = createKeyRing(options.writeKeys);
  const rateLimit = options.rateLimit && createRateLimit(options.rateLimit, now);
  const log = createLog(options.log, now);
  const readQuickly = createQuickReader();
  const take = {
    stream,
    deadLetters,
    metrics,
    readQuickly,
    keys,
    rateLimit,
    identity: options.identity,
    refuses: options.refuses,
    log,
  };
  const busy = onceASecond(options.busy ?? (() => null), now);
  const newRequestId = createRequestIds();
  const senderOf = createSenderReader(options, now, newRequestId);
  const maxHeldBytes = options.maxHeldBytes ?? 64 * 1024 ** 2;
  let heldBytes = 0;
  const onText = (bytes: number): void => metrics.count('bytes', '', bytes);
  const app = new Hono<{ Bindings: Bindings }>();

  app.post(`${pathPrefix}/events`, async (c) => {
    const sender = senderOf(c);
    const reason = busy();
    if (reason !== null) return settle(c, sender, refused(503, reason));
    let ownBytes = 0;
    const hold = (bytes: number): boolean => {
      ownBytes += bytes;
      heldBytes += bytes;
      return heldBytes <= maxHeldBytes;
    };
    try {
      const body = await readBody(
        { header: (name) => header(c, name), incoming: c.env?.incoming, stream: () => c.req.raw.body },
        { maxBodyBytes: limits.maxBodyBytes, maxExpandedBytes: limits.maxExpandedBytes, hold, onText },
      );
      if (typeof body !== 'string') return settleUnread(c, sender, body);
      // Arrival is when the whole batch is here: a slow body is not an early one.
      sender.receivedAt = now();
      return settle(c, sender, await takeBatch(body, sender, take));
    } finally {
      heldBytes -= ownBytes;
    }
  });

  function settle(c: CollectorContext, sender: Sender, outcome: Outcome): Response {
    const { status, accepted, rejected, reason } = outcome;
    metrics.count('requests', String(status));
    if (status === 204) return answer(204, null, answerHeaders(sender, status), cookiesOf(c, outcome, sender));
    logOutcome(sender, outcome);
    const headers = { 'Content-Type': 'application/json', ...answerHeaders(sender, status), ...retryAfter(outcome) };
    const body = JSON.stringify(reason === null ? { accepted, rejected } : { accepted, rejected, reason });
    return answer(status, body, headers);
  }

  function settleUnread(c: CollectorContext, sender: Sender, { status, reason }: BodyFault): Response {
    metrics.count('refused', reason.startsWith('body') ? 'body' : 'header');
    metrics.count('requests', String(status));
    log({ level: 'warn', message: 'batch refused', request_id: sender.requestId, status, reason });
    const headers = answerHeaders(sender, status);
    return json(
      c,
      status,
      { accepted: 0, rejected: [], reason },
      status === 503 ? { ...headers, 'Retry-After': '5' } : headers,
    );
  }

  function answerHeaders({ requestId, origin }: Sender, status: number): Record<string, string> {
    return {
      ...corsHeaders(status === 403 ? undefined : origin),
      'Request-Id': requestId,
      'Cache-Control': 'no-store',
    };
  }

  /** Any page may read an answer when any may send; where keys are asked for, it is named, and may send its cookies. */
  function corsHeaders(origin: string | undefined): Record<string, string> {
    const exposed = { 'Access-Control-Expose-Headers': 'Retry-After, Date, Request-Id' };
    if (!options.writeKeys) return { 'Access-Control-Allow-Origin': '*', ...exposed };
    if (origin === undefined || !keys.mayAllow(origin)) return { Vary: 'Origin' };
    const named = { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' };
    return { ...named, ...exposed, Vary: 'Origin' };
  }

  function logOutcome({ requestId }: Sender, { status, accepted, rejected, reason }: Outcome): void {
    const why = reason ?? rejected[0]?.reason;
    const level = status === 200 ? 'info' : 'warn';
    const figures = { status, accepted, rejected: rejected.length, ...(why !== undefined && { reason: why }) };
    log({ level, message: status === 200 ? 'events refused' : 'batch refused', request_id: requestId, ...figures });
  }

  app.options(`${pathPrefix}/events`, (c) => {
    const origin = header(c, 'origin');
    const named = { 'Request-Id': newRequestId() };
    if (origin !== undefined && !keys.mayAllow(origin)) return c.body(null, 403, { ...named, Vary: 'Origin' });
    return c.body(null, 204, {
      ...named,
      ...corsHeaders(origin),
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'Content-Type, Content-Encoding',
      'Access-Control-Max-Age': '86400',
    });
  });

  app.get(`${pathPrefix}/pixel.gif`, async (c) => {
    const sender = senderOf(c);
    const headers = { 'Content-Type': 'image/gif', 'Request-Id': sender.requestId, 'Cache-Control': 'no-store' };
    // Who asks for the headers looks whether it is there, and visits nothing.
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    // Without script there is no choice to be made, so the browser's is final.
    if (sender.gpc) {
      metrics.count('gpc');
      return c.body(pixel, 200, headers);
    }
    const outcome = await takePixel(c, sender);
    metrics.count('requests', String(outcome.status));
    if (outcome.status === 204) return c.body(pixel, 200, headers);
    logOutcome(sender, outcome);
    const reason = { 'Taphouse-Reason': reasonHeader(outcome) };
    return c.body(pixel, outcome.status, { ...headers, ...retryAfter(outcome), ...reason });
  });

  async function takePixel(c: CollectorContext, sender: Sender): Promise<Outcome> {
    const reason = busy();
    if (reason !== null) return refused(503, reason);
    const referer = header(c, 'referer');
    // A browser names the origin of an image's page there only.
    if (referer !== undefined && URL.canParse(referer)) sender.origin = new URL(referer).origin;
    const body = pixelBatch(new URL(c.req.url).searchParams, referer ?? null, sender.receivedAt);
    onText(new TextEncoder().encode(body).length);
    return takeBatch(body, sender, take);
  }

  /** Headers of what may be asked for by any page, and is the same for an hour. */
  function lasting(): Record<string, string> {
    return {
      'Access-Control-Allow-Origin': '*',
      'Cache-Control': 'max-age=3600',
      'Request-Id': newRequestId(),
    };
  }

  /** Headers of what is so only now. */
  function passing(): Record<string, string> {
    return { 'Cache-Control': 'no-store', 'Request-Id': newRequestId() };
  }

  app.get(`${pathPrefix}/limits`, (c) => json(c, 200, limits, lasting()));

  app.get(`${pathPrefix}/openapi.json`, (c) =>
    json(c, 200, openApi(pathPrefix, { live: live !== undefined }), lasting()),
  );

  if (live)
    app.get(`${pathPrefix}/live`, (c) => {
      const headers = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no', ...passing() };
      // Of a body that nobody reads, nobody would end the subscription.
      return c.req.method === 'HEAD' ? c.body(null, 200, headers) : c.body(liveEvents(live), 200, headers);
    });

  app.get('/health', (c) => json(c, 200, { status: 'ok' }, passing()));

  app.get('/ready', async (c) => {
    const reason = options.busy?.() ?? (await options.ready?.()) ?? null;
    return json(c, reason === null ? 200 : 503, { status: reason === null ? 'ready' : 'not ready', reason }, passing());
  });

  app.get('/metrics', (c) => {
    const gauges = { taphouse_held_bytes: heldBytes, ...options.gauges?.() };
    const type = 'text/plain; version=0.0.4; charset=utf-8';
    return c.body(metrics.text(gauges), 200, { 'Content-Type': type, ...passing() });
  });

  refuseOtherRoutes(app, pathPrefix, (c, status, reason, headers) =>
    json(c, status, { reason }, { 'Access-Control-Allow-Origin': '*', ...passing(), ...headers }),
  );

  // Hono's own type for an app that needs nothing of its environment.
  return app as unknown as Hono;
}

/**
 * An answer. On Node, the server writes a Response that was made of plain headers as it is; with a Headers in between, as
 * `c.body` puts it, it takes twice as long.
 */
function answer(
  status: number,
  body: string | null,
  headers: Record<string, string>,
  cookies: readonly string[] = [],
): Response {
  const [first, ...others] = cookies;
  if (first !== undefined) headers['Set-Cookie'] = first;
  const response = new Response(body, { status, headers });
  for (const cookie of others) response.headers.append('Set-Cookie', cookie);
  return response;
}

/** What `ask` said within the last second. */
function onceASecond<T>(ask: () => T, now: () => number): () => T {
  let said: T;
  let askedAt = -Infinity;
  return () => {
    const at = now();
    if (Math.abs(at - askedAt) >= 1000) {
      said = ask();
      askedAt = at;
    }
    return said;
  };
}

/** Reads who sends a request. */
function createSenderReader(
  options: CollectorOptions,
  now: () => number,
  newRequestId: () => string,
): (c: CollectorContext) => Sender {
  const { ip = 'truncated', trustedHops = 0 } = options;
  const truncate = remembered(truncateAddress);
  const readUserAgent = createUserAgentReader(limits.maxTextLength);
  return (c) => {
    const forwardedFor = trustedHops > 0 ? header(c, 'x-forwarded-for') : undefined;
    const socketAddress = c.env?.incoming?.socket?.remoteAddress ?? c.env?.remoteAddress;
    const address = clientAddress({ socketAddress, forwardedFor }, trustedHops);
    const userAgent = header(c, 'user-agent');
    return {
      requestId: newRequestId(),
      receivedAt: now(),
      address,
      ip: ip === 'truncated' && address !== null ? truncate(address) : null,
      userAgent: userAgent === undefined ? null : readUserAgent(userAgent),
      origin: header(c, 'origin'),
      gpc: header(c, 'sec-gpc') === '1',
    };
  };
}

/** A header of the request; Node has read them all, and asking it costs a tenth of asking through the Request. */
function header(c: CollectorContext, name: string): string | undefined {
  const headers = c.env?.incoming?.headers;
  if (!headers) return c.req.header(name);
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}

/** Cookies are readable by script on purpose: the next page takes the one as the answer that page hide cut off. */
function cookiesOf(c: CollectorContext, { batchId }: Outcome, { gpc }: Sender): string[] {
  const cookies = batchId === null ? [] : [`taphouse_ack_${batchId}=1; Path=/; Max-Age=600; SameSite=Lax`];
  const device = query(c, 'device');
  // Safari deletes what script writes after 7 days, but not what the site's own server sets.
  if (device !== undefined && !gpc && /^[\w-]{1,64}$/.test(device))
    cookies.push(`taphouse_device=${device}; Path=/; Max-Age=34560000; SameSite=Lax`);
  return cookies;
}

/** A parameter of the request's URL, which is not made into one where there is none. */
function query(c: CollectorContext, name: string): string | undefined {
  return c.env?.incoming?.url?.includes('?') === false ? undefined : c.req.query(name);
}

function retryAfter({ status, retryAfterSeconds }: Outcome): Record<string, string> {
  return retryAfterSeconds > 0 && (status === 429 || status === 503)
    ? { 'Retry-After': String(retryAfterSeconds) }
    : {};
}

function reasonHeader({ reason, rejected }: Outcome): string {
  return (reason ?? rejected[0]?.reason ?? '').replace(/[^\x20-\x7e]/g, '?');
}

function json(
  c: Context,
  status: 200 | 404 | 405 | Exclude<Outcome['status'], 204> | BodyFault['status'],
  value: unknown,
  headers: Record<string, string>,
): Response {
  return c.body(JSON.stringify(value), status, { 'Content-Type': 'application/json', ...headers });
}
