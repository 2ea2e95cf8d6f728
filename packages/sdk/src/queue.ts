import { cleanUrl } from './clean-url.ts';
import { clockOffset, now } from './clock.ts';
import { wake } from './deliver.ts';
import { takeEngagement } from './engagement.ts';
import { deviceId, instance } from './identity.ts';
import { options } from './options.ts';
import { drop, show } from './report.ts';
import { toJson } from './safe-json.ts';
import { allowed, read, write } from './store.ts';
import type { WireEvent } from './wire-event.ts';

let pending: Omit<WireEvent, 'user_id' | 'device_id'>[] = [];
/** Its first digit is cut off: the other eight keep their zeros. */
let sequence = 100_000_000;
let referrer: string | undefined;

/** The page before this one, in a single-page app. */
export function setReferrer(url: string): void {
  referrer = url;
}

/** Takes an event as it is now. Storing waits for the handler to end, so that a click stays quick. */
export function track(client_event: string, properties?: object): void {
  const event = {
    event_id: `${instance}-${`${(sequence += 1)}`.slice(1)}`,
    client_event,
    client_timestamp: now(),
    page_url: cleanUrl(location.href),
    page_title: document.title.slice(0, 512),
    referrer: referrer ?? cleanUrl(document.referrer),
    clock_offset_ms: clockOffset(),
    properties: { engaged_ms: takeEngagement(), ...properties },
  };
  if (pending.push(event) === 1) setTimeout(commit);
}

/** Stores what was tracked, an event a key, never written again: so tabs need no lock to write. */
export function commit(): void {
  const events = pending;
  pending = [];
  if (!events[0] || !allowed()) return;
  const device_id = deviceId();
  const user_id = read('user') || options.userId || device_id;
  write('device', device_id);
  write('user', user_id);
  for (const own of events) {
    try {
      const raw = { ...own, user_id, device_id };
      const event = options.before ? options.before(raw) : raw;
      if (event) {
        write(`e.${own.event_id}`, toJson(event));
        show('queued', [event]);
      }
    } catch (error) {
      drop([own.event_id], error);
    }
  }
  wake();
}

/** Says who the visitor is from the next event on; '' is nobody. */
export function identify(userId: string): void {
  commit();
  options.userId = userId;
  write('user', userId);
}
