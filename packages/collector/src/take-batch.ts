import { type ClickEvent, type ParsedBatch, parseBatch, type RejectedEvent } from '@taphouse/schema';
import { type Stream, StreamFullError } from '@taphouse/streams';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';
import { type Identity, identityProperty } from './identity.ts';
import type { LogLine } from './log-line.ts';
import type { Metrics } from './metrics.ts';
import type { RateLimit } from './rate-limit.ts';
import { toRecords } from './to-records.ts';
import type { UserAgent } from './user-agent.ts';
import { allows, type KeyRing } from './write-keys.ts';

/** Who sends a batch, as far as the collector knows. */
export interface Sender {
  requestId: string;
  /** Arrival of the batch, milliseconds since 1970 UTC. */
  receivedAt: number;
  /** Whole address, for the rate limit only. */
  address: string | null;
  /** Address as it may be stored. */
  ip: string | null;
  userAgent: UserAgent | null;
  /** Origin of the page, if a page sent it. */
  origin: string | undefined;
  /** The visitor asks not to be tracked (Global Privacy Control). */
  gpc: boolean;
}

/** How a batch ended. */
export interface Outcome {
  status: 204 | 200 | 400 | 401 | 403 | 429 | 503;
  /** Names the acknowledgement cookie; null if the client gave none. */
  batchId: string | null;
  accepted: number;
  rejected: { index: number; reason: string }[];
  /** Why nothing of the batch was taken, or null. */
  reason: string | null;
  /** For 429 and 503. */
  retryAfterSeconds: number;
}

export interface TakeOptions {
  stream: Pick<Stream, 'append'>;
  deadLetters: DeadLetters;
  metrics: Metrics;
  keys: KeyRing;
  rateLimit: RateLimit | undefined;
  identity: Identity | undefined;
  log: (line: Omit<LogLine, 'at'>) => void;
}

/** Longest beginning of an unreadable body that is kept, characters. */
const maxLetterLength = 2048;
const retryAfterSeconds = 5;
/** Property that marks what a bot sent: kept, for it may be all there is of a launch, and left out by a WHERE. */
const botProperty = 'taphouse_bot';

/** Reads a batch, makes its good events durable and keeps the bad ones with their reasons. Resolves only then. */
export async function takeBatch(body: string, sender: Sender, options: TakeOptions): Promise<Outcome> {
  const { metrics } = options;
  const { receivedAt, ip, gpc, userAgent } = sender;
  const batch = parseBatch(body, {
    receivedAt,
    ip: gpc ? null : ip,
    userAgent: gpc ? null : (userAgent?.text ?? null),
    newEventId: () => crypto.randomUUID(),
  });
  metrics.count('bytes', '', body.length);
  if (batch.fault !== null) {
    const event = body.slice(0, maxLetterLength);
    await keep([{ received_at: receivedAt, reason: batch.fault, index: null, event }], sender, options);
    return refused(400, batch.fault);
  }
  const barred = bar(batch, sender, options);
  if (barred) return barred;
  const proven = await identified(batch, sender, options);
  if (proven === null) return refused(503, 'collector: it can not check identities; try again later');
  const { accepted, rejected } = proven;
  mark(accepted, userAgent);
  const fault = await store(accepted, sender, options);
  if (fault !== null) return refused(503, fault);
  metrics.count('events', '', accepted.length);
  metrics.count('dropped', '', batch.dropped);
  await keep(
    rejected.map((rejection) => ({ received_at: receivedAt, ...rejection })),
    sender,
    options,
  );
  return {
    status: rejected.length === 0 ? 204 : accepted.length > 0 ? 200 : 400,
    batchId: batch.batchId,
    accepted: accepted.length,
    rejected: rejected.map(({ index, reason }) => ({ index, reason })),
    reason: null,
    retryAfterSeconds: 0,
  };
}

/** An outcome in which nothing of the batch was taken. */
export function refused(
  status: 400 | 401 | 403 | 429 | 503,
  reason: string,
  afterSeconds = retryAfterSeconds,
): Outcome {
  return { status, batchId: null, accepted: 0, rejected: [], reason, retryAfterSeconds: afterSeconds };
}

/** Why this sender's batch is not looked at further, or null. */
function bar(batch: ParsedBatch, { origin, address }: Sender, { keys, rateLimit }: TakeOptions): Outcome | null {
  const key = keys.find(batch.writeKey);
  if (!key) return refused(401, 'write_key: unknown; use one the collector was started with');
  if (origin !== undefined && !allows(key, origin))
    return refused(403, `origin ${origin}: not one of the write key's; add it to the key's origins`);
  const events = batch.accepted.length + batch.rejected.length;
  const waitSeconds = rateLimit?.take(`${key.key} ${address ?? ''}`, events) ?? 0;
  if (waitSeconds > 0) return refused(429, `rate: too many events; try again in ${waitSeconds} s`, waitSeconds);
  return null;
}

/**
 * Marks the events whose user_id the batch proves and, if proof is required, refuses the others. Null if it can not be
 * told, which is no fault of the sender.
 */
async function identified(
  batch: ParsedBatch,
  { requestId }: Sender,
  { identity, log }: TakeOptions,
): Promise<Pick<ParsedBatch, 'accepted' | 'rejected'> | null> {
  if (!identity) return batch;
  try {
    const user = batch.identity === null ? null : await identity.verify(batch.identity);
    return separate(batch, user, identity.required ?? false);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log({ level: 'error', message: 'identity not checked', request_id: requestId, reason });
    return null;
  }
}

function separate(
  batch: ParsedBatch,
  user: string | null,
  required: boolean,
): Pick<ParsedBatch, 'accepted' | 'rejected'> {
  const proven: ClickEvent[] = [];
  const unproven: RejectedEvent[] = [];
  const places = placesOfAccepted(batch);
  for (const [i, event] of batch.accepted.entries()) {
    if (event.user_id === user) {
      event.properties[identityProperty] = 'verified';
      proven.push(event);
    } else {
      delete event.properties[identityProperty];
      const reason = 'user_id: not proven by the identity token; send one for this user';
      if (required) unproven.push({ index: places[i]!, reason, event });
      else proven.push(event);
    }
  }
  return { accepted: proven, rejected: [...batch.rejected, ...unproven].toSorted((a, b) => a.index - b.index) };
}

/** Place in the client's `events` of each accepted event. */
function placesOfAccepted({ accepted, rejected }: ParsedBatch): number[] {
  const taken = new Set(rejected.map(({ index }) => index));
  const all = Array.from({ length: accepted.length + rejected.length }, (_, place) => place);
  return all.filter((place) => !taken.has(place));
}

function mark(events: readonly ClickEvent[], userAgent: UserAgent | null): void {
  if (!userAgent) return;
  for (const event of events) {
    event.device_type ??= userAgent.deviceType;
    if (userAgent.bot) event.properties[botProperty] = 'true';
  }
}

/** Null once durable, or why it is not. */
async function store(
  events: readonly ClickEvent[],
  { requestId }: Sender,
  options: TakeOptions,
): Promise<string | null> {
  if (events.length === 0) return null;
  const startedAt = performance.now();
  try {
    await options.stream.append(toRecords(events));
  } catch (error) {
    const full = error instanceof StreamFullError;
    options.metrics.count('appendFailures', full ? 'full' : 'unavailable');
    const reason = error instanceof Error ? error.message : String(error);
    options.log({ level: 'error', message: 'append failed', request_id: requestId, reason });
    return full ? 'collector: its log is full; try again later' : 'collector: its log takes nothing; try again later';
  }
  options.metrics.appended((performance.now() - startedAt) / 1000);
  return null;
}

/** Keeps letters and counts them. A batch is settled even if they are lost: its good events are stored. */
async function keep(letters: readonly DeadLetter[], { requestId }: Sender, options: TakeOptions): Promise<void> {
  if (letters.length === 0) return;
  const { deadLetters, metrics, log } = options;
  for (const { reason } of letters) metrics.count('refused', faultyField(reason));
  try {
    await deadLetters.append(letters);
  } catch (error) {
    metrics.count('lettersLost', '', letters.length);
    const reason = error instanceof Error ? error.message : String(error);
    log({ level: 'error', message: 'dead letters lost', request_id: requestId, rejected: letters.length, reason });
  }
}

/** `properties` of `properties.size: not text`: names from the client make no metric. */
function faultyField(reason: string): string {
  return /^[a-z_]+/.exec(reason)?.[0] ?? 'other';
}
