import { clockOffset, learnClock, now } from './clock.ts';
import { device, instance } from './identity.ts';
import { endBatch, freeEvents, noteBatch, patienceMs } from './in-flight.ts';
import { learnLimits, limits } from './limits.ts';
import { options } from './options.ts';
import { drop, show } from './report.ts';
import { fromJson, toJson } from './safe-json.ts';
import { erase, lasting, namesOf, read, readNumber, write } from './store.ts';
import { shareContext, type WireEvent } from './wire-event.ts';

/** From one POST to the next of all tabs, milliseconds. */
const pauseMs = 2000;
/** After a rest, events of one moment travel together, milliseconds. */
const gatherMs = 200;
/** A `next` further away was written before the clock was set back. */
const longestWaitMs = 3_600_000;
/** A body ends with the event that passes it: all requests that outlive a page may hold 64 KiB. https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
const maxBodyLength = 15_000;
/** More stored events than this would use up the site's own storage. */
const maxStored = 5000;

let timer: ReturnType<typeof setTimeout> | undefined;
let batches = 0;
let failures = 0;
let gone = false;

function waitMs(): number {
  const ms = readNumber('next') - Date.now();
  return ms > 0 && ms < longestWaitMs ? ms : 0;
}

/** Sends soon. */
export function wake(afterMs = gatherMs): void {
  timer ??= setTimeout(flush, waitMs() || afterMs);
}

/** Sends what is due, or all at once; resolves when each event was tried once. One sender among all tabs. */
export async function flush(atOnce?: boolean): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const drain = async (): Promise<void> => {
    if (atOnce) erase('next');
    while (!waitMs() && (await post('e.')));
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
  // While the collector fails, the next page asks it, when it is time.
  if (failures && lasting) return;
  // Four bodies fill the quota.
  for (let bodies = 0; bodies < 4 && post(`e.${instance}`); bodies += 1);
}

/** Sends the first events that fit one body; nothing if there are none. */
function post(start: string): Promise<boolean> | undefined {
  const free = freeEvents(start);
  drop(free.splice(0, free.length - maxStored), 'too many');
  let length = 0;
  const names = free.filter(
    (name, index) => index < limits.maxEvents && length < maxBodyLength && (length += `${read(name)}`.length),
  );
  return names[0] ? sendBatch(names, !!free[names.length]) : undefined;
}

/** Sends a batch; true once it is settled. */
async function sendBatch(names: string[], more: boolean): Promise<boolean> {
  const events = names.map((name) => fromJson(read(name)) as WireEvent);
  const lost = readNumber('lost');
  const batchId = `${instance}-${(batches += 1)}`;
  const sentAt = performance.now();
  let restMs = 0;
  let settled = false;
  noteBatch(batchId, names);
  show('sent', events);
  try {
    if (batches === 1) void learnLimits();
    const { endpoint, writeKey, deviceCookie, send = fetch } = options;
    const response = await send(`${endpoint}/v1/events${deviceCookie ? `?device=${device}` : ''}`, {
      method: 'POST',
      keepalive: true,
      signal: AbortSignal.timeout?.(patienceMs),
      body: JSON.stringify({
        write_key: writeKey,
        sent_at: now(),
        dropped: lost,
        batch_id: batchId,
        context: shareContext(events as unknown as Record<string, unknown>[]),
        events,
      }),
    });
    const { headers, status } = response;
    learnClock(headers.get('Date'), performance.now() - sentAt);
    restMs = Number(headers.get('Retry-After')) * 1000;
    if (status === 410) limits.maxEvents = 0;
    const { rejected } = status === 204 ? { rejected: [] } : await response.json().catch(Object);
    if (/^4(00|13|22)/.test(`${status}`) && !rejected?.[0]) {
      // Refused as a whole: halve it until one event is left.
      if (names[1]) limits.maxEvents = names.length / 2;
      else drop(names, status);
    } else if (/^(20[04]|400)$/.test(`${status}`)) {
      // Throws where the list is missing: a captive portal answers 200 as well.
      for (const { index, reason } of rejected as Iterable<{ index: number; reason: string }>) {
        if (correct(names[index] as string)) names[index] = '';
        else drop([names[index] as string], reason);
      }
      names.forEach(erase);
      write('lost', readNumber('lost') - lost);
      show('stored', events);
      settled = true;
      restMs = more ? 0 : pauseMs;
    }
  } catch {
    // Offline, blocked or hung: kept, and tried again. But fetch also rejects in a page that is being left while the
    // browser goes on sending: then its note waits for the cookie.
    if (gone) return false;
  }
  endBatch(batchId);
  failures = settled ? 0 : failures + 1;
  restMs ||= failures && Math.min(300_000, 1000 * 2 ** failures) * (1 - Math.random() / 2);
  write('next', Date.now() + restMs);
  return settled;
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
