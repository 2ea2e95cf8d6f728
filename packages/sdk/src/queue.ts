import { cleanUrl } from './clean-url.ts';
import { flush, save } from './deliver.ts';
import { deviceId, instance } from './identity.ts';
import { options } from './options.ts';
import { drop } from './report.ts';
import type { WireEvent } from './wire-event.ts';
import { allowed, keysOf, read, readNumber, write } from './store.ts';

/** How often a page looks whether there is something to send, milliseconds. */
const tickMs = 500;

/** Nine digits. */
let sequence = 100_000_000;
let engagedMs = 0;
let lastUrl = '';

/** Sends what waits, and counts the time in which the page is visible and focused. */
export function beat(): void {
  setInterval(() => {
    if (document.hasFocus()) engagedMs += tickMs;
    view();
    if (keysOf('e')[0]) void flush();
  }, tickMs);
}

/** Tracks a `page_view` if the address, as cut, is another than of the last. */
export function view(): void {
  const url = cleanUrl(location.href);
  if (url !== lastUrl && !(document as { prerendering?: boolean }).prerendering && options.pageViews && allowed()) {
    if (lastUrl) options.referrer = lastUrl;
    track('page_view');
    lastUrl = url;
  }
}

/** Views later, because a router sets the title after it has changed the address; a page that came back, again. */
export function look(event: Partial<PageTransitionEvent>): void {
  if (event.persisted) lastUrl = '';
  setTimeout(view);
}

/**
 * Takes an event as it is now. What costs time, and storing it under a key of its own, waits for the handler to end, so
 * that a click stays quick.
 */
export const track = (async (client_event: string, properties?: object) => {
  const event = {
    event_id: `${instance}-${(sequence += 1)}`,
    client_event,
    client_timestamp: Date.now(),
    page_url: cleanUrl(location.href),
    page_title: document.title.slice(0, 512),
    referrer: cleanUrl(options.referrer || document.referrer),
    user_id: options.userId,
    properties: { engaged_ms: engagedMs, ...properties },
  } as Partial<WireEvent> as WireEvent;
  engagedMs = 0;
  // oxlint-disable-next-line unicorn/no-unnecessary-await, typescript/await-thenable -- the rest waits for the handler to end
  await 0;
  if (!allowed()) return;
  event.device_id = deviceId();
  event.user_id ||= read('user') || event.device_id;
  event.clock_offset_ms = readNumber('clock');
  event.client_timestamp += event.clock_offset_ms;
  try {
    const kept = options.before(event);
    if (kept) {
      save(kept);
      setTimeout(options.debug, 0, 'queued', [kept]);
    }
  } catch (error) {
    drop(event, error);
  }
}) as (client_event: string, properties?: object) => void;

/** Says who the visitor is from the next event on; '' is nobody. */
export function identify(userId: string): void {
  options.userId = userId;
  write('user', userId);
}
