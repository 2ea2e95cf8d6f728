import { cleanUrl } from './clean-url.ts';
import { clockOffset, now } from './clock.ts';
import { wake } from './deliver.ts';
import { takeEngagement } from './engagement.ts';
import { device, instance, keepIdentity, user } from './identity.ts';
import { options } from './options.ts';
import { drop, show } from './report.ts';
import { toJson } from './safe-json.ts';
import { allowed, write } from './store.ts';
import type { WireEvent } from './wire-event.ts';

let pending: WireEvent[] = [];
let sequence = 0;
let referrer: string | undefined;

/** The page before this one, in a single-page app. */
export function setReferrer(url: string): void {
  referrer = url;
}

/** Takes an event as it is now. Storing waits for the handler to end, so that a click stays quick. */
export function track(client_event: string, properties?: object): void {
  const event: WireEvent = {
    event_id: `${instance}-${`${(sequence += 1)}`.padStart(8, '0')}`,
    client_event,
    client_timestamp: now(),
    user_id: user,
    device_id: device,
    page_url: location.href,
    page_title: document.title.slice(0, 512),
    referrer: referrer ?? document.referrer,
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
  keepIdentity();
  for (const raw of events) {
    try {
      raw.page_url = cleanUrl(raw.page_url);
      raw.referrer = cleanUrl(raw.referrer);
      // iPadOS calls itself a Mac; the collector knows the others by their user agent.
      if (navigator.maxTouchPoints > 1 && /Mac/.test(navigator.userAgent)) raw.device_type = 'tablet';
      const event = options.before ? options.before(raw) : raw;
      if (event) {
        write(`e.${event.event_id}`, toJson(event));
        show('queued', [event]);
      }
    } catch (error) {
      drop([raw.event_id], error);
    }
  }
  wake();
}
