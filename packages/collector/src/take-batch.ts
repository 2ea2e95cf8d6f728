import {
  type BatchContext,
  type ClickEvent,
  type Envelope,
  type ParsedBatch,
  parseBatch,
  type QuickBatch,
  type RejectedEvent,
  type VisitorLines,
} from '@taphouse/schema';
import { type Stream, StreamFullError } from '@taphouse/streams';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';
import { type Identity, identityProperty } from './identity.ts';
import type { LogLine } from './log-line.ts';
import type { Metrics } from './metrics.ts';
import type { RateLimit } from './rate-limit.ts';
import { linesByVisitor, toRecords } from './to-records.ts';
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
  /** Of `createQuickReader`: the usual batch as it is stored, null for any other. */
  readQuickly: (body: string, context: BatchContext) => QuickBatch | null;
  keys: KeyRing;
  rateLimit: RateLimit | undefined;
  identity: Identity | undefined;
  refuses: ((userId: string) => boolean) | undefined;
  log: (line: Omit<LogLine, 'at'>) => void;
}

/** Longest beginning of an unreadable body that is kept, characters. */
const maxLetterLength = 2048;
const retryAfterSeconds = 5;
/** A shorter body, of one event, is parsed as quickly. */
const minQuickLength = 400;
/** Property that marks what a bot sent: kept, for it may be all there is of a launch, and left out by a WHERE. */
const botProperty = 'taphouse_bot';

/** Reads a batch, makes its good events durable and keeps the bad ones with their reasons. Resolves only then. */
export function takeBatch(body: string, sender: Sender, options: TakeOptions): Promise<Outcome> {
  const { receivedAt, ip, gpc, userAgent } = sender;
  const context: BatchContext = {
    receivedAt,
    ip: gpc ? null : ip,
    userAgent: gpc ? null : (userAgent?.text ?? null),
    deviceType: userAgent?.deviceType ?? null,
    newEventId: () => crypto.randomUUID(),
  };
  const parses = body.length < minQuickLength || marksEvents(sender, options);
  const quick = parses ? null : options.readQuickly(body, context);
  return quick ? takeQuick(quick, sender, options) : takeParsed(body, context, sender, options);
}

/** Whether events get marks of their own, each by what it says. */
function marksEvents({ userAgent }: Sender, { identity }: TakeOptions): boolean {
  return identity !== undefined || userAgent?.bot === true;
}

/** The usual batch: every event is good, and already in the form in which it is stored. */
async function takeQuick(batch: QuickBatch, sender: Sender, options: TakeOptions): Promise<Outcome> {
  const barred = bar(batch, batch.accepted, sender, options);
  if (barred) return barred;
  const { visitors, accepted, ...envelope } = batch;
  const fault = await store(visitors, sender, options);
  if (fault !== null) return refused(503, fault);
  return settled(envelope, accepted, [], options);
}

/** Any other batch. */
async function takeParsed(body: string, context: BatchContext, sender: Sender, options: TakeOptions): Promise<Outcome> {
  const batch = parseBatch(body, context);
  const { receivedAt } = sender;
  if (batch.fault !== null) {
    const late = limited('', 1, sender, options);
    if (late) return late;
    const letter = { received_at: receivedAt, reason: batch.fault, index: null, event: body.slice(0, maxLetterLength) };
    // What is cut off may name whom it is about.
    if (!isOfRefused(body, options)) await keep([letter], sender, options);
    return refused(400, batch.fault);
  }
  const barred = bar(batch, batch.accepted.length + batch.rejected.length, sender, options);
  if (barred) return barred;
  const proven = await identified(batch, sender, options);
  if (proven === null) return refused(503, 'collector: it can not check identities; try again later');
  const { accepted, rejected } = proven;
  if (sender.userAgent?.bot) for (const { properties } of accepted) properties[botProperty] = 'true';
  const fault = await store(linesByVisitor(accepted), sender, options);
  if (fault !== null) return refused(503, fault);
  await keep(
    rejected.map((rejection) => ({ received_at: receivedAt, ...rejection })),
    sender,
    options,
  );
  return settled(batch, accepted.length, rejected, options);
}

/** An outcome in which the good events of a batch are stored. */
function settled(
  { batchId, dropped }: Envelope,
  accepted: number,
  rejected: readonly RejectedEvent[],
  { metrics }: TakeOptions,
): Outcome {
  metrics.count('events', '', accepted);
  metrics.count('dropped', '', dropped);
  return {
    status: rejected.length === 0 ? 204 : accepted > 0 ? 200 : 400,
    batchId,
    accepted,
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
function bar({ writeKey }: Envelope, events: number, sender: Sender, options: TakeOptions): Outcome | null {
  const key = options.keys.find(writeKey);
  if (!key) return refused(401, 'write_key: unknown; use one the collector was started with');
  const { origin } = sender;
  if (origin !== undefined && !allows(key, origin))
    return refused(403, `origin ${origin}: not one of the write key's; add it to the key's origins`);
  return limited(key.key, events, sender, options);
}

/** Takes so many events from what this sender may send with the key; why it is too many, or null. */
function limited(key: string, events: number, { address }: Sender, { rateLimit }: TakeOptions): Outcome | null {
  const waitSeconds = rateLimit?.take(`${key} ${address ?? ''}`, events) ?? 0;
  return waitSeconds > 0 ? refused(429, `rate: too many events; try again in ${waitSeconds} s`, waitSeconds) : null;
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

/** Null once durable, or why it is not. */
async function store(
  visitors: readonly VisitorLines[],
  { requestId }: Sender,
  options: TakeOptions,
): Promise<string | null> {
  const wanted = options.refuses ? visitors.filter(({ user_id }) => !options.refuses?.(user_id)) : visitors;
  if (wanted.length === 0) return null;
  const startedAt = performance.now();
  try {
    await options.stream.append(toRecords(wanted));
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
async function keep(all: readonly DeadLetter[], { requestId }: Sender, options: TakeOptions): Promise<void> {
  const { deadLetters, metrics, log } = options;
  const letters = all.filter(({ event }) => !isOfRefused(event, options));
  if (letters.length === 0) return;
  for (const { reason } of letters) metrics.count('refused', faultyField(reason));
  try {
    await deadLetters.append(letters);
  } catch (error) {
    metrics.count('lettersLost', '', letters.length);
    const reason = error instanceof Error ? error.message : String(error);
    log({ level: 'error', message: 'dead letters lost', request_id: requestId, rejected: letters.length, reason });
  }
}

/** Whether a letter is about someone of whom nothing is to be kept. */
function isOfRefused(event: unknown, { refuses }: TakeOptions): boolean {
  return refuses !== undefined && usersIn(event).some(refuses);
}

/** Whom an event that was refused is about; of text that could not be read, whom it names. */
function usersIn(event: unknown): string[] {
  if (typeof event === 'string')
    return [...event.matchAll(/"user_id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/g)].flatMap(([, user]) =>
      identifiers(parsed(user)),
    );
  return typeof event === 'object' && event !== null && 'user_id' in event ? identifiers(event.user_id) : [];
}

/** What can be a user's id, as text; nothing else is turned into one, for it may be any object. */
function identifiers(value: unknown): string[] {
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** `properties` of `properties.size: not text`: names from the client make no metric. */
function faultyField(reason: string): string {
  return /^[a-z_]+/.exec(reason)?.[0] ?? 'other';
}
