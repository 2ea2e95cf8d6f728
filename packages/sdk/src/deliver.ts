import { learnClock } from './clock.ts';
import { instance, newId } from './identity.ts';
import { options } from './options.ts';
import { drop, forget } from './report.ts';
import { endCookie, erase, jar, keysOf, read, readNumber, texts, write } from './store.ts';
import { shareContext, type WireEvent } from './wire-event.ts';

/** From one POST to the next of all tabs, milliseconds. */
const pauseMs = 2000;
/** A `next` further away was written before the clock was set back. */
const longestWaitMs = 600_000;
/** How long an answer is waited for, milliseconds; after that the events may be sent again. */
const patienceMs = 15_000;
/** More stored events than this would use up the site's own storage. */
const maxStored = 5000;

/** Events of a body, until one is refused: all requests that outlive a page may hold 64 KiB. https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
let mostEvents = 100;

let failures = 0;
let asked: Promise<unknown> | undefined;

/** Stores an event; its texts are cut to the collector's limit. */
export const save = (event: WireEvent): string =>
  write(
    event.event_id,
    JSON.stringify(event, (_, text) =>
      typeof text == 'string' ? text.slice(0, options.maxPropertyValueLength) : text,
    ),
  );

/** Sends what waits, if it is time; one sender among all tabs. */
export async function flush(atOnce?: unknown): Promise<void> {
  const drain = async (): Promise<void> => {
    // What was tracked just now is stored by then.
    // oxlint-disable-next-line unicorn/no-unnecessary-await, typescript/await-thenable -- as track does
    await 0;
    const waitMs = readNumber('next') - Date.now();
    if (atOnce || waitMs < 0 || waitMs > longestWaitMs) await post('e');
  };
  try {
    await navigator.locks.request('taphouse:', drain);
  } catch {
    await drain();
  }
}

/** Hands this page's events to the browser, which sends them even after the page has gone. */
export function leave(): void {
  // While the collector fails, the next page asks it, when it is time.
  if (!failures || !texts.clear) void post(instance);
}

/** Sends the events whose ids begin with `start`, batch after batch, until one fails. */
async function post(start: string): Promise<void> {
  const free: WireEvent[] = [];
  const { cookie } = jar;
  for (const key of keysOf(start))
    try {
      const event = JSON.parse(texts[key] as string);
      const ack = `ack_${event.batch_id}`;
      if (cookie.includes(ack)) {
        endCookie(ack);
        erase(key);
      } else if (!(Math.abs(Date.now() - parseInt(event.batch_id)) < patienceMs)) free.push(event);
    } catch {
      // Not of our writing.
      erase(key);
    }
  for (const event of free.splice(0, free.length - maxStored)) drop(event, 'full');
  const events = free.splice(0, Math.min(mostEvents, options.maxEvents));
  if (!events[0]) return;
  const lost = readNumber('lost');
  const at = Date.now();
  const batch_id = newId();
  const url = `${options.endpoint}/v1/`;
  const context = shareContext(events);
  /** Keeps the events with their batch, and lets no tab send for so long. */
  const mark = (waitMs: number, batch_id?: string): void => {
    write('next', Date.now() + waitMs);
    events.forEach((event) => save({ ...context, ...event, batch_id } as WireEvent));
  };
  let restMs: number | undefined;
  mark(pauseMs, batch_id);
  setTimeout(options.debug, 0, 'sent', events);
  try {
    asked ??= fetch(`${url}limits`)
      .then((response) => response.json())
      .then((own) => Object.assign(options, own), String);
    const body = JSON.stringify({
      write_key: options.writeKey,
      sent_at: at,
      dropped: lost,
      batch_id,
      context,
      events,
    });
    const response = await options.send(`${url}events${options.deviceCookie ? `?device=${read('device')}` : ''}`, {
      method: 'POST',
      // What outlives a page may hold 64 KiB: large ones are tried without, once they have failed. The others must
      // outlive it, or the browser drops the cookie of a batch that is stored.
      keepalive: !failures || !body[20_000],
      signal: AbortSignal.timeout(patienceMs),
      body,
    });
    const { headers, status } = response;
    learnClock(headers.get('Date'), Date.now() - at);
    restMs = 1000 * (headers.get('Retry-After') as never);
    if (status === 410) mostEvents = 0;
    // A 200 has a list, or it is a captive portal's.
    const { rejected = status > 200 && [] } = await response.json().catch(Object);
    if (!rejected || !/20[04]|4(00|13|22)/.test(status as never)) throw status;
    if (status > 204 && !rejected[0]) {
      // Refused as a whole: halve it until one event is left.
      if (events[1]) {
        mostEvents = events.length / 2;
        throw status;
      }
      drop(events[0], status);
    }
    for (const { index, reason } of rejected) drop(events[index] as WireEvent, reason);
    events.forEach(forget);
    endCookie(`ack_${batch_id}`);
    write('lost', readNumber('lost') - lost);
    setTimeout(options.debug, 0, 'stored', events);
    failures = 0;
    if (free[0]) await post(start);
  } catch (fault) {
    // Refused, offline, blocked or hung: kept, and tried again.
    if (!failures++) setTimeout(options.onError, 0, `${fault as string}; check endpoint ${url}events`);
    // fetch also rejects in a page that is being left while the browser goes on sending, which is no failure: no timer
    // runs there.
    setTimeout(mark, 0, Math.min(300_000, restMs || 500 * 2 ** failures) * (1 + Math.random() / 2));
  }
}
