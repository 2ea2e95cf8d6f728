import { type ClickEvent, type DeviceType, deviceTypes } from './click-event.ts';
import { type Limits, limits as standardLimits } from './limits.ts';
import { shapeFault } from './shape-fault.ts';
import { controlRanges, isoTimePattern } from './text-rules.ts';

/** The envelope of `POST /v1/events` as a client writes it. */
export interface Batch {
  write_key?: string;
  /** When the client sent it, by the clock of its device as it is: milliseconds since 1970 or ISO 8601. */
  sent_at?: number | string;
  /** What the client added to its clock to get `client_timestamp`, milliseconds. */
  clock_offset_ms?: number;
  /** Events the client had to drop since its last report. */
  dropped?: number;
  /** Up to 64 characters of [A-Za-z0-9_-]; names the acknowledgement cookie. */
  batch_id?: string;
  /** Proof of the user_id, where the collector asks for one. */
  identity?: string;
  /** Fields shared by all events; an event's own field wins. */
  context?: Record<string, unknown>;
  events: Record<string, unknown>[];
}

/** What the server knows of a request and `parseBatch` adds to each event. */
export interface BatchContext {
  /** Arrival, milliseconds since 1970 UTC. */
  receivedAt: number;
  /** Truncated address, or null. */
  ip: string | null;
  userAgent: string | null;
  /** Kind of device of an event that does not say it. Default null. */
  deviceType?: DeviceType | null;
  /** Makes an id for an event that has none. Such an event cannot be told from its own retry. */
  newEventId: () => string;
  limits?: Limits;
}

/**
 * An event that is not stored, and why. `event` is what the client sent, for the dead letters, with the user_id that it
 * shares with the others.
 */
export interface RejectedEvent {
  /** Place in `events`, from 0. */
  index: number;
  /** What is wrong and what would be right, in one line. */
  reason: string;
  event: unknown;
}

/** What a batch says beside its events. */
export interface Envelope {
  writeKey: string | null;
  batchId: string | null;
  identity: string | null;
  /** Events the client says it dropped. */
  dropped: number;
}

export interface ParsedBatch extends Envelope {
  /** Why nothing of the batch could be read, or null. */
  fault: string | null;
  accepted: ClickEvent[];
  rejected: RejectedEvent[];
}

/**
 * Reads the body of `POST /v1/events`. Never throws: a body that is no batch has a `fault`, a bad event is
 * in `rejected` with its reason, and the others are in `accepted`, in canonical form and in the client's order.
 *
 * @example
 * parseBatch('{"events":[{"user_id":7,"device_id":"mobile","client_event":"beer_cart","client_timestamp":1700000000000}]}', context)
 */
export function parseBatch(body: string, context: BatchContext): ParsedBatch {
  const limits = context.limits ?? standardLimits;
  const misshapen = shapeFault(body, limits);
  if (misshapen !== null) return faulty(misshapen);
  let batch: unknown;
  try {
    batch = JSON.parse(body);
  } catch {
    return faulty('body: not JSON; send {"events": [ ... ]}');
  }
  if (!isObject(batch)) return faulty('body: not a JSON object; send {"events": [ ... ]}');
  const { events } = batch;
  if (!Array.isArray(events)) return faulty('events: not an array; send {"events": [ ... ]}');
  if (events.length === 0) return faulty('events: empty; send at least one');
  if (events.length > limits.maxEvents)
    return faulty(`events: ${events.length} in one batch, limit ${limits.maxEvents}; send fewer`);

  const parsed: ParsedBatch = { fault: null, ...readEnvelope(batch), accepted: [], rejected: [] };
  // NUL and half a surrogate pair need an escape, or a body that never was UTF-8.
  const reader = new EventReader(batch, context, limits, body.includes('\\u') || !body.isWellFormed());
  for (const [index, event] of events.entries()) {
    const result = reader.read(event);
    if (typeof result === 'string') parsed.rejected.push({ index, reason: result, event: reader.named(event) });
    else parsed.accepted.push(result);
  }
  return parsed;
}

/** What `batch` says beside its events; what is not as it should be is left out. */
export function readEnvelope(batch: Record<string, unknown>): Envelope {
  const { write_key, batch_id, identity, dropped } = batch;
  return {
    writeKey: typeof write_key === 'string' ? write_key : null,
    batchId: typeof batch_id === 'string' && /^[\w-]{1,64}$/.test(batch_id) ? batch_id : null,
    identity: typeof identity === 'string' && identity.length <= 4096 ? identity : null,
    dropped: isCount(dropped) ? dropped : 0,
  };
}

/** An event that says nothing wrong. */
const anyEvent: Fields = {
  event_id: '-',
  user_id: '-',
  device_id: '-',
  client_event: '-',
  page_url: null,
  page_title: null,
  referrer: null,
  device_type: 'other',
  properties: {},
  clock_offset_ms: 0,
};

/**
 * What an event of `batch` that itself says only the fields `own` has of the others; null if something of that is wrong.
 * The fields of `own` are there and mean nothing.
 */
export function readShared(
  batch: Record<string, unknown>,
  own: ReadonlySet<string>,
  context: BatchContext,
): ClickEvent | null {
  const said: Fields = {};
  for (const name of own) said[name] = name === 'client_timestamp' ? context.receivedAt : anyEvent[name];
  const reader = new EventReader(batch, context, context.limits ?? standardLimits, true);
  const event = reader.read(said);
  return typeof event === 'string' ? null : event;
}

function faulty(fault: string): ParsedBatch {
  return { fault, writeKey: null, batchId: null, identity: null, dropped: 0, accepted: [], rejected: [] };
}

class Refusal extends Error {}

type Fields = Record<string, unknown>;

class EventReader {
  /** Fields shared by all events. */
  readonly #shared: Fields;
  readonly #offset: unknown;
  /** When the batch was sent by the clock of the device, or null. */
  readonly #sentAt: number | null;
  readonly #context: BatchContext;
  readonly #limits: Limits;
  readonly #oddText: boolean;

  constructor(batch: Fields, context: BatchContext, limits: Limits, oddText: boolean) {
    this.#shared = isObject(batch.context) ? batch.context : {};
    this.#offset = batch.clock_offset_ms;
    this.#sentAt = toTime(batch.sent_at);
    this.#context = context;
    this.#limits = limits;
    this.#oddText = oddText;
  }

  /** The canonical event, or the reason for refusing it. */
  read(raw: unknown): ClickEvent | string {
    if (!isObject(raw)) return 'event: not a JSON object';
    try {
      return this.#canonical(raw);
    } catch (refusal) {
      if (refusal instanceof Refusal) return refusal.message;
      throw refusal;
    }
  }

  /** An event with whom it is about: its own user_id, or the one that all share. */
  named(raw: unknown): unknown {
    const { user_id } = this.#shared;
    const isId =
      typeof user_id === 'number' || (typeof user_id === 'string' && user_id.length <= this.#limits.maxNameLength);
    return isId && isObject(raw) && raw.user_id === undefined ? { user_id, ...raw } : raw;
  }

  // JSON.parse defines `__proto__` as a plain key, so reading a field by its name never leaves the object it parsed.
  #canonical(raw: Fields): ClickEvent {
    const shared = this.#shared;
    const { maxUrlLength, maxTextLength } = this.#limits;
    const event: ClickEvent = {
      event_id: this.#eventId(raw.event_id),
      user_id: this.#identifier('user_id', raw.user_id === undefined ? shared.user_id : raw.user_id),
      device_id: this.#identifier('device_id', raw.device_id === undefined ? shared.device_id : raw.device_id),
      client_event: this.#name('client_event', raw.client_event === undefined ? shared.client_event : raw.client_event),
      client_timestamp: readTime(raw.client_timestamp === undefined ? shared.client_timestamp : raw.client_timestamp),
      received_at: this.#context.receivedAt,
      page_url: this.#text('page_url', raw.page_url === undefined ? shared.page_url : raw.page_url, maxUrlLength),
      page_title: this.#text(
        'page_title',
        raw.page_title === undefined ? shared.page_title : raw.page_title,
        maxTextLength,
      ),
      referrer: this.#text('referrer', raw.referrer === undefined ? shared.referrer : raw.referrer, maxUrlLength),
      device_type:
        deviceType(raw.device_type === undefined ? shared.device_type : raw.device_type) ??
        this.#context.deviceType ??
        null,
      properties: this.#properties(raw.properties === undefined ? shared.properties : raw.properties),
      clock_offset_ms: clockOffset(raw.clock_offset_ms ?? shared.clock_offset_ms ?? this.#offset),
      ip: this.#context.ip,
      user_agent: this.#context.userAgent,
    };
    this.#setClock(event);
    this.#checkSize(event);
    return event;
  }

  #eventId(value: unknown): string {
    if (value === undefined || value === null) return this.#context.newEventId();
    const { maxEventIdLength } = this.#limits;
    if (typeof value !== 'string' || value.length > maxEventIdLength || !/^[\x21-\x7e]+$/.test(value)) {
      throw new Refusal(`event_id: not 1 to ${maxEventIdLength} printable ASCII characters`);
    }
    return value;
  }

  /**
   * Refuses an event for its time, unless a grossly wrong clock is to blame. What that clock said when the batch was
   * sent (`sent_at`) tells how wrong it is, for the batch has just arrived.
   */
  #setClock(event: ClickEvent): void {
    const { receivedAt } = this.#context;
    const { maxAgeMs, maxAheadMs } = this.#limits;
    if (this.#sentAt !== null && !this.#isInTime(event)) {
      const offsetMs = receivedAt - this.#sentAt;
      const at = event.client_timestamp + offsetMs - (event.clock_offset_ms ?? 0);
      // Nothing happens after it has arrived: that clock has been set back since.
      event.client_timestamp = Math.min(at, receivedAt);
      event.clock_offset_ms = Math.abs(offsetMs) <= maxOffsetMs ? offsetMs : null;
    }
    if (this.#isInTime(event)) return;
    throw new Refusal(
      event.client_timestamp < receivedAt
        ? `client_timestamp: older than ${maxAgeMs / 86_400_000} days; import old events instead`
        : `client_timestamp: more than ${maxAheadMs / 60_000} minutes in the future; correct the clock`,
    );
  }

  #isInTime({ client_timestamp: at }: ClickEvent): boolean {
    const { receivedAt } = this.#context;
    return at >= receivedAt - this.#limits.maxAgeMs && at <= receivedAt + this.#limits.maxAheadMs;
  }

  #properties(value: unknown): Record<string, string> {
    const properties: Record<string, string> = {};
    if (value === undefined || value === null) return properties;
    if (!isObject(value)) throw new Refusal('properties: not a JSON object');
    const { maxProperties, maxPropertyKeyLength, maxPropertyValueLength } = this.#limits;
    let entries = 0;
    for (const key in value) {
      entries += 1;
      if (entries > maxProperties) throw new Refusal(`properties: more than ${maxProperties} entries; send fewer`);
      if (key === '' || key.length > maxPropertyKeyLength || controls.test(key))
        throw new Refusal(`properties key ${shown(key)}: not 1 to ${maxPropertyKeyLength} visible characters`);
      if (this.#oddText && !key.isWellFormed()) throw new Refusal('properties key: half of a surrogate pair');
      const text = scalarText(value[key]);
      if (text === null) continue;
      if (text === undefined) throw new Refusal(`properties.${key}: not text, number or boolean; flatten it`);
      this.#checkText(`properties.${key}`, text, maxPropertyValueLength);
      if (key === '__proto__') define(properties, key, text);
      else properties[key] = text;
    }
    return properties;
  }

  /** Integers are taken as ids and kept as text: the article's user_id was one. */
  #identifier(field: string, value: unknown): string {
    return this.#name(field, Number.isSafeInteger(value) ? String(value) : value);
  }

  #name(field: string, value: unknown): string {
    if (value === undefined || value === null) throw new Refusal(`${field}: missing`);
    if (typeof value !== 'string') throw new Refusal(`${field}: not text`);
    if (value === '') throw new Refusal(`${field}: empty`);
    this.#checkText(field, value, this.#limits.maxNameLength);
    if (controls.test(value)) throw new Refusal(`${field}: contains a control character; send visible characters`);
    return value;
  }

  #text(field: string, value: unknown, maxLength: number): string | null {
    if (value === undefined || value === null || value === '') return null;
    if (typeof value !== 'string') throw new Refusal(`${field}: not text`);
    this.#checkText(field, value, maxLength);
    return value;
  }

  #checkText(field: string, text: string, maxLength: number): void {
    if (text.length > maxLength) throw new Refusal(`${field}: ${text.length} characters, limit ${maxLength}`);
    if (!this.#oddText) return;
    // DuckDB refuses both, and JSON.parse takes both.
    if (!text.isWellFormed()) throw new Refusal(`${field}: half of a surrogate pair; send whole characters`);
    if (text.includes('\0')) throw new Refusal(`${field}: contains a NUL character; leave it out`);
  }

  #checkSize(event: ClickEvent): void {
    const { maxEventBytes } = this.#limits;
    // Only what could be over the limit is measured: a character takes at most 6 bytes of JSON, as \u001f does.
    if (roughLength(event) * 6 < maxEventBytes) return;
    const bytes = utf8Length(JSON.stringify(event));
    if (bytes > maxEventBytes)
      throw new Refusal(`event: ${bytes} bytes, limit ${maxEventBytes}; send fewer or shorter properties`);
  }
}

const controls = new RegExp(`[${controlRanges}]`);

/** Characters of the event's variable texts, and a round 500 for the rest. */
function roughLength(event: ClickEvent): number {
  let length = 500;
  length += event.user_id.length + event.device_id.length + event.client_event.length;
  length += (event.page_url?.length ?? 0) + (event.page_title?.length ?? 0) + (event.referrer?.length ?? 0);
  length += event.user_agent?.length ?? 0;
  for (const key in event.properties) length += key.length + event.properties[key]!.length + 6;
  return length;
}

/** Assigning `__proto__` would set the prototype. */
function define(properties: Record<string, string>, key: string, value: string): void {
  Object.defineProperty(properties, key, { value, enumerable: true, writable: true, configurable: true });
}

function deviceType(value: unknown): DeviceType | null {
  if (value === undefined || value === null) return null;
  if (!deviceTypes.includes(value as DeviceType))
    throw new Refusal(`device_type: not one of ${deviceTypes.join(', ')}`);
  return value as DeviceType;
}

/** What the column holds: 24 days. */
const maxOffsetMs = 0x7fffffff;

function clockOffset(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !(Math.abs(value) <= maxOffsetMs))
    throw new Refusal('clock_offset_ms: not a number of milliseconds');
  // Not -0, which JSON does not know.
  return Math.round(value) + 0;
}

const isoTime = new RegExp(isoTimePattern);

function readTime(value: unknown): number {
  const at = toTime(value);
  if (at === null)
    throw new Refusal(
      'client_timestamp: not a time; send milliseconds since 1970, or ISO 8601 such as 2026-11-23T18:00:00.000Z',
    );
  return at;
}

/** Milliseconds since 1970 UTC; text without an offset is UTC, as the article's isoformat() in Lambda was. */
function toTime(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.floor(value) : null;
  if (typeof value !== 'string') return null;
  const match = isoTime.exec(value);
  if (!match) return null;
  const at = Date.parse(match[3] ? value : `${value}Z`);
  return Number.isNaN(at) || !sameDay(value, at, match[3]) ? null : at;
}

/** False for a day that is not in the calendar: Date.parse makes 1 March of 2026-02-29. */
function sameDay(text: string, at: number, zone: string | undefined): boolean {
  const offsetMs = zone && zone !== 'Z' ? zoneMinutes(zone) * 60_000 : 0;
  return new Date(at + offsetMs).toISOString().slice(0, 10) === text.slice(0, 10);
}

function zoneMinutes(zone: string): number {
  const digits = zone.replace(/\D/g, '');
  return (zone.startsWith('-') ? -1 : 1) * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)));
}

/** Text of a scalar; null for null; undefined for what is no scalar. */
function scalarText(value: unknown): string | null | undefined {
  if (value === null) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  return undefined;
}

function shown(key: string): string {
  return key.length > 40 ? `${key.slice(0, 40)}…` : key;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 0x800) bytes += code >= 0xd800 && code <= 0xdfff ? 1 : 2;
    else if (code >= 0x80) bytes += 1;
  }
  return bytes;
}
