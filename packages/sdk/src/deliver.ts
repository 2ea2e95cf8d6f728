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

/** Limits in force until the collector's own are known; names as `GET /v1/limits` gives them. */
const limits = { maxEvents: 100, maxPropertyValueLength: 1024 };

/** Events of a body, until one is refused: all requests that outlive a page may hold 64 KiB. https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
let mostEvents = 100;

let failures = 0;
let asked: Promise<unknown> | undefined;

/** Stores an event; its texts are cut to the collector's limit. */
export const save = (event: WireEvent): string =>
  write(
    `e.${event.event_id}`,
    JSON.stringify(event, (_, text) => (text?.slice ? text.slice(0, limits.maxPropertyValueLength) : text)),
  );

/** Sends what waits, if it is time; one sender among all tabs. */
export async function flush(atOnce?: unknown): Promise<void> {
  const drain = async (): Promise<void> => {
    // What was tracked just now is stored by then.
    // oxlint-disable-next-line unicorn/no-unnecessary-await, typescript/await-thenable -- as track does
    await 0;
    const waitMs = readNumber('next') - Date.now();
    if (atOnce || waitMs < 0 || waitMs > longestWaitMs) while (await post(''));
  };
  try {
    await navigator.locks.request('taphouse', drain);
  } catch {
    await drain();
  }
}

/** Hands this page's events to the browser, which sends them even after the page has gone. */
export function leave(): void {
  // While the collector fails, the next page asks it, when it is time.
  if (!failures || !texts.clear) void post(instance);
}

/** Sends the first events that fit one body; true if more are left. */
async function post(start: string): Promise<unknown> {
  const free: WireEvent[] = [];
  const { cookie } = jar;
  for (const key of keysOf(`e.${start}`))
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
  for (const event of free.splice(0, free.length - maxStored)) drop(event, 'queue full');
  const events = free.splice(0, Math.min(mostEvents, limits.maxEvents));
  if (!events[0]) return;
  const lost = readNumber('lost');
  const at = Date.now();
  const batch_id = newId();
  const url = `${options.endpoint}/v1/`;
  const context = shareContext(events);
  const mark = (batch_id?: string): void =>
    events.forEach((event) => save({ ...context, ...event, batch_id } as WireEvent));
  let restMs: number | undefined;
  let fault: unknown;
  mark(batch_id);
  write('next', at + pauseMs);
  setTimeout(options.debug, 0, 'sent', events);
  try {
    asked ??= fetch(`${url}limits`)
      .then((response) => response.json())
      .then((own) => Object.assign(limits, own), String);
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
    if (/20[04]|4(00|13|22)/.test((fault = status as never))) {
      let rejected = status === 204 ? [] : (await response.json().catch(Object)).rejected;
      if (status > 204 && !rejected?.[0])
        // Refused as a whole: halve it until one event is left.
        if (events[1]) throw (mostEvents = events.length / 2);
        else rejected = [{ index: 0, reason: status }];
      // Throws where there is no list: a captive portal answers 200 as well.
      for (const { index, reason } of rejected as Iterable<{ index: number; reason: string }>)
        drop(events[index] as WireEvent, reason);
      events.forEach(forget);
      endCookie(`ack_${batch_id}`);
      write('lost', readNumber('lost') - lost);
      setTimeout(options.debug, 0, 'stored', events);
      failures = 0;
      // oxlint-disable-next-line typescript/consistent-return -- no other end leaves more to send now
      return free[0];
    }
  } catch (error) {
    // Offline, blocked or hung: kept, and tried again.
    fault ??= error;
  }
  if (!failures) setTimeout(options.onError, 0, `${fault as string}; check ${url}events`);
  failures += 1;
  // fetch also rejects in a page that is being left while the browser goes on sending: no timer runs there.
  setTimeout(mark);
  write(
    'next',
    Date.now() + Math.min(longestWaitMs, restMs || Math.min(300_000, 1000 * 2 ** failures) * (1 - Math.random() / 2)),
  );
}
