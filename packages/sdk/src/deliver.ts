import { clockOffset, learnClock, now } from './clock.ts';
import { instance, random } from './identity.ts';
import { ack, endNote, freeEvents, patienceMs } from './in-flight.ts';
import { learnLimits, limits } from './limits.ts';
import { options } from './options.ts';
import { drop, show } from './report.ts';
import { fromJson, toJson } from './safe-json.ts';
import { erase, lasting, namesOf, read, readNumber, write } from './store.ts';
import { shareContext, type WireEvent } from './wire-event.ts';

/** From one POST to the next of all tabs, milliseconds. */
const pauseMs = 2000;
/** Events of one moment travel together: at most this is waited for them, milliseconds. */
const gatherMs = 400;
/** A `next` further away was written before the clock was set back. */
const longestWaitMs = 600_000;
/** A body ends with the event that passes it: all requests that outlive a page may hold 64 KiB. https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
const maxBodyLength = 15_000;

/** More stored events than this would use up the site's own storage. */
const maxStored = 5000;

let timer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
let gone = false;
let asked: Promise<void> | undefined;

function waitMs(): number {
  const ms = readNumber('next') - Date.now();
  return ms < longestWaitMs ? ms : 0;
}

/** Sends soon; by chance at another moment than the other tabs, which where locks are missing would send the same. */
export function wake(withinMs = gatherMs): void {
  timer ??= setTimeout(flush, Math.max(0, waitMs()) + Math.random() * withinMs);
}

/** Sends what is due, or all at once; resolves when each event was tried once. One sender among all tabs. */
export async function flush(atOnce?: boolean): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const drain = async (): Promise<void> => {
    if ((atOnce || waitMs() <= 0) && (await post('e.'))) await drain();
  };
  try {
    await navigator.locks.request('taphouse', { ifAvailable: !atOnce }, (lock) => lock && drain());
  } catch {
    await drain();
  }
  // What is left is on its way, or another tab's to send: look again.
  if (limits.maxEvents && namesOf('e.')[0]) wake(1000);
}

/** Hands this page's events to the browser, which sends them even after the page has gone. */
export function leave({ type }: Event): void {
  gone = type === 'pagehide' || document.hidden;
  // While the collector fails, the next page asks it, when it is time. Four bodies fill the quota.
  if (!failures || !lasting) for (const _ of [1, 2, 3, 4]) void post(`e.${instance}`);
}

/** Sends the first events that fit one body; true once they are settled. */
async function post(start: string): Promise<boolean | void> {
  const free = freeEvents(start);
  drop(free.splice(0, free.length - maxStored), 'too many');
  let length = 0;
  const names = free.filter(
    (name, index) => index < limits.maxEvents && length < maxBodyLength && (length += `${read(name)}`.length),
  );
  if (!names[0]) return;
  const events = names.map((name) => fromJson(read(name)) as WireEvent);
  const lost = readNumber('lost');
  const batchId = random();
  const sentAt = Date.now();
  let failed = failures + 1;
  let restMs = 0;
  write(ack + batchId, [Date.now(), ...names].join());
  show('sent', events);
  try {
    asked ??= learnLimits();
    const { endpoint, writeKey, deviceCookie, send = fetch } = options;
    const context = shareContext(events);
    const response = await send(`${endpoint}/v1/events${deviceCookie ? `?device=${context.device_id}` : ''}`, {
      method: 'POST',
      keepalive: true,
      signal: AbortSignal.timeout?.(patienceMs),
      body: JSON.stringify({
        write_key: writeKey,
        sent_at: now(),
        dropped: lost,
        batch_id: batchId,
        context,
        events,
      }),
    });
    const { headers, status } = response;
    learnClock(headers.get('Date'), Date.now() - sentAt);
    restMs = Number(headers.get('Retry-After')) * 1000;
    if (status === 410) limits.maxEvents = 0;
    const { rejected } = status === 204 ? { rejected: [] } : await response.json().catch(Object);
    if ([400, 413, 422].includes(status) && !rejected?.[0]) {
      // Refused as a whole: halve it until one event is left.
      if (names[1]) limits.maxEvents = names.length / 2;
      else drop(names, status);
    } else if ([200, 204, 400].includes(status)) {
      // Throws where the list is missing: a captive portal answers 200 as well.
      for (const { index, reason } of rejected as Iterable<{ index: number; reason: string }>) {
        if (correct(names[index] as string)) names[index] = '';
        else drop([names[index] as string], reason);
      }
      names.forEach(erase);
      write('lost', readNumber('lost') - lost);
      show('stored', events);
      failed = 0;
      restMs = pauseMs;
    }
  } catch {
    // Offline, blocked or hung: kept, and tried again. But fetch also rejects in a page that is being left while the
    // browser goes on sending: then its note waits for the cookie.
    if (gone) return;
  }
  endNote(ack + batchId);
  failures = failed;
  restMs ||= Math.min(300_000, 1000 * 2 ** failed) * (1 - Math.random() / 2);
  write('next', Date.now() + restMs);
  return !failed;
}

/** Puts right the time of a refused event if the clock was wrong. It was not stored, so this makes no copy. */
function correct(name: string): number {
  const event = fromJson(read(name)) as WireEvent;
  const lateMs = clockOffset() - event.clock_offset_ms;
  event.client_timestamp += lateMs;
  event.clock_offset_ms += lateMs;
  if (lateMs) write(name, toJson(event));
  return lateMs;
}
