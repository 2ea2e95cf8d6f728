/**
 * Simulated visitors, the article's or believable ones, at a chosen rate, through the real protocol. Portable: fetch and timers only.
 * It knows nothing of the server it sends to but `POST /v1/events`.
 */
import { limits } from '@taphouse/schema';

import { postBatch } from './post-batch.ts';
import { articleClicks, type RandomClick } from './random-click.ts';
import { shopperClicks } from './shopper-clicks.ts';

/** What `simulate` needs and may be given. */
export interface SimulateOptions {
  /** Where the collector is, without `/v1/events`: `http://localhost:7400`. */
  endpoint: string;
  /** Clicks per second of all visitors together, more than 0, at most 5,000. */
  perSecond: number;
  /**
   * `article` (default): each click is of a random user, device and event, as in the article.
   * `shoppers`: visits with a way through the shop, pauses, and an end.
   */
  visitors?: 'article' | 'shoppers';
  /** Ends the traffic. What waits is then sent once more, without back-off. */
  signal: AbortSignal;
  /** Default `demo`. */
  writeKey?: string;
  /** Default Math.random. */
  random?: () => number;
  /** Milliseconds since 1970 UTC. Default Date.now. */
  now?: () => number;
  /** Resolves after `ms`, or when the signal ends it. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called after each batch with the number of its events that are stored. */
  onSent?: (count: number) => void;
  /** Called for each batch that had to wait, was refused, or was refused in part. */
  onError?: (error: Error) => void;
}

type SimulatedEvent = RandomClick & { event_id: string; device_type: string };

/** Eight digits. */
const lastSequence = 99_999_999;
const tickMs = 250;
/** While the collector is away the visitors click less, and not at all once this many events wait. */
const maxWaiting = 100_000;
const requestTimeoutMs = 10_000;
const lastRequestTimeoutMs = 2_000;
const maxBackOffMs = 30_000;
const maxRetryAfterMs = 300_000;

/**
 * Sends the visitors' clicks until `signal` aborts, then resolves. A batch that fails is sent again, with the same ids and
 * times, until it is stored: 503, 429 (both after Retry-After) and network errors lose and double nothing.
 *
 * @throws RangeError if `perSecond` is out of range
 * @throws Error if the collector answers 401, 403, 404 or 410: then no traffic can come of it
 * @example
 * const stop = new AbortController();
 * await simulate({ endpoint: 'http://localhost:7400', perSecond: 20, signal: stop.signal });
 */
export async function simulate(options: SimulateOptions): Promise<void> {
  const { perSecond, signal, sleep = sleepFor, onError } = options;
  if (!(perSecond > 0 && perSecond <= 5000))
    throw new RangeError(`perSecond: ${perSecond}; give a number above 0, at most 5000`);
  const clicks = clickSource(options);
  const waiting: SimulatedEvent[] = [];
  let failures = 0;
  while (!signal.aborted) {
    if (waiting.length < maxWaiting) waiting.push(...clicks());
    const retryMs = await sendWaiting(waiting, options, requestTimeoutMs);
    failures = retryMs === null ? 0 : failures + 1;
    await sleep(retryMs === null ? tickMs : Math.max(retryMs, backOffMs(failures, options.random)), signal);
  }
  const retryMs = await sendWaiting(waiting, options, lastRequestTimeoutMs);
  if (retryMs !== null) onError?.(new Error(`simulated clicks: ended with ${waiting.length} not stored`));
}

/** Gives the clicks since it was last asked, with the ids of one instance. */
function clickSource(options: SimulateOptions): () => SimulatedEvent[] {
  const { perSecond, visitors, random = Math.random, now = Date.now } = options;
  const clicks = visitors === 'shoppers' ? shopperClicks(perSecond, random) : articleClicks(perSecond, random);
  const newId = eventIds(random);
  let askedAt = now();
  return () => {
    const at = now();
    // A machine that slept, or a collector that was down, must not be answered with a flood.
    const fromAt = Math.max(askedAt, at - 1000);
    askedAt = at;
    return clicks(Math.min(fromAt, at), at).map((click) => ({
      event_id: newId(),
      device_type: click.device_id,
      ...click,
    }));
  };
}

/** Ids as the SDK makes them: within one instance byte order is click order. */
function eventIds(random: () => number): () => string {
  let instance = newInstance(random);
  let sequence = 0;
  return () => {
    if (sequence === lastSequence) [instance, sequence] = [newInstance(random), 0];
    sequence += 1;
    return `${instance}-${String(sequence).padStart(8, '0')}`;
  };
}

/** 16 characters, as the SDK's, and told from them by its first three. */
function newInstance(random: () => number): string {
  return `sim${Array.from({ length: 13 }, () => Math.floor(random() * 36).toString(36)).join('')}`;
}

/**
 * Sends the oldest events first, one batch at a time, and removes what is settled.
 *
 * @returns null when none wait, else how long the server asked to be left alone, milliseconds
 */
async function sendWaiting(
  waiting: SimulatedEvent[],
  options: SimulateOptions,
  timeoutMs: number,
): Promise<number | null> {
  const { endpoint, writeKey = 'demo', now = Date.now, onSent, onError } = options;
  while (waiting.length > 0) {
    const events = waiting.slice(0, limits.maxEvents);
    const body = JSON.stringify({ write_key: writeKey, sent_at: now(), events });
    const outcome = await postBatch(endpoint, body, timeoutMs);
    if (outcome.kind === 'stop') throw new Error(`simulated clicks: ${outcome.reason}`);
    if (outcome.kind === 'retry') {
      onError?.(new Error(`simulated clicks: ${outcome.reason}; ${waiting.length} wait`));
      return Math.min(outcome.waitMs ?? 0, maxRetryAfterMs);
    }
    waiting.splice(0, events.length);
    const refused = outcome.kind === 'refused' ? events.length : outcome.refused;
    if (refused > 0)
      onError?.(new Error(`simulated clicks: ${refused} of ${events.length} refused: ${outcome.reason}`));
    if (refused < events.length) onSent?.(events.length - refused);
  }
  return null;
}

function backOffMs(failures: number, random: () => number = Math.random): number {
  return Math.min(maxBackOffMs, 500 * 2 ** (failures - 1)) * (0.5 + random() / 2);
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
