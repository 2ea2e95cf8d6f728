import { cleanUrl } from './clean-url.ts';
import { openClock } from './clock.ts';
import { readCookie } from './cookies.ts';
import { deliver, type Status } from './deliver.ts';
import { deviceType } from './device-type.ts';
import { measureEngagement } from './engagement.ts';
import type { Options } from './options.ts';
import { watchPages } from './page-views.ts';
import { randomId } from './random-id.ts';
import { safeJson } from './safe-json.ts';
import { openStore } from './store.ts';
import { tapClicks } from './tap-clicks.ts';
import type { WireEvent } from './wire-event.ts';

/** A value of a property; others are sent as JSON text. */
export type Properties = Record<string, unknown>;

/** Names of events, each with its properties. */
export type EventMap = Record<string, object>;

export interface Client<Events = EventMap> {
  /** Queues an event. */
  track<Name extends keyof Events & string>(name: Name, properties?: Events[Name]): void;
  /** Says who the visitor is, from the next event on, on this and later pages. */
  identify(userId: string): void;
  /** Forgets who the visitor is; the device stays the same. */
  reset(): void;
  /** Queues a `page_view`. */
  page(properties?: Properties): void;
  /** The visitor agrees: start, and remember. */
  optIn(): void;
  /** The visitor refuses: stop, erase what is stored, and remember. */
  optOut(): void;
  /** Sends what is queued now; resolves when each event was tried once. */
  flush(): Promise<void>;
}

let client: Client | undefined;

/** Starts once a page; a second call gives the same client. */
export function init<Events = EventMap>(options: Options = {}): Client<Events> {
  return (client ??= start(options)) as Client<Events>;
}

function start(options: Options): Client {
  const { endpoint = location.origin, writeKey, before, debug, keepParams = [] } = options;
  const prefix = `taphouse.${writeKey ?? ''}.`;
  const store = openStore(prefix, !options.cookieless);
  const clock = openClock(store);
  const instance = Date.now().toString(36) + randomId();
  const engagedMs = measureEngagement();
  const pending: WireEvent[] = [];
  let sequence = 0;
  let referrer = document.referrer;
  let deviceId = readCookie('taphouse_device') ?? store.get('device') ?? randomId() + randomId();
  let userId = options.userId ?? store.get('user');

  const onError = options.onError ?? ((message) => debug && console.warn(`taphouse: ${message}`));
  const onStatus = ({ event_id, client_event, client_timestamp }: WireEvent, status: Status): void => {
    if (debug)
      dispatchEvent(
        new CustomEvent('taphouse:event', { detail: { event_id, client_event, client_timestamp, status } }),
      );
  };
  const queue = deliver({
    store,
    clock,
    instance,
    url: `${endpoint}/v1/events${options.deviceCookie ? `?device=${deviceId}` : ''}`,
    limitsUrl: `${endpoint}/v1/limits`,
    writeKey,
    lock: prefix,
    onError,
    onStatus,
  });

  /** An explicit choice wins over Global Privacy Control. */
  const allowed = (): boolean => {
    const choice = store.get('consent');
    return choice
      ? choice === 'yes'
      : !options.consent && !(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
  };

  const finish = (event: WireEvent): WireEvent | null | undefined => {
    event.page_url = cleanUrl(event.page_url, keepParams);
    event.referrer = cleanUrl(event.referrer, keepParams);
    event.page_title = event.page_title.slice(0, 512);
    for (const [name, value] of Object.entries(event.properties)) {
      event.properties[name] = typeof value === 'object' ? safeJson(value) : value;
      if (typeof value === 'string') event.properties[name] = value.slice(0, 1024);
    }
    return before ? before(event) : event;
  };

  const commit = (): void => {
    const events = pending.splice(0);
    if (!events.length || !allowed()) return;
    store.set('device', deviceId);
    if (userId) store.set('user', userId);
    for (const raw of events) {
      try {
        const event = finish(raw);
        if (!event) continue;
        store.set(`e.${event.event_id}`, safeJson(event));
        onStatus(event, 'queued');
      } catch (error) {
        onError(`${raw.client_event} dropped: ${String(error)}`);
      }
    }
    queue.wake();
  };

  const track = (client_event: string, properties?: object): void => {
    const engaged_ms = engagedMs();
    const event = {
      event_id: `${instance}-${`${(sequence += 1)}`.padStart(8, '0')}`,
      client_event,
      client_timestamp: clock.now(),
      user_id: userId ?? deviceId,
      device_id: deviceId,
      device_type: deviceType(),
      page_url: location.href,
      page_title: document.title,
      referrer,
      clock_offset_ms: clock.offset(),
      properties: { engaged_ms, ...properties },
    };
    if (pending.push(event) === 1) setTimeout(commit);
  };

  const page = (properties?: object): void => track('page_view', properties);

  const leave = (): void => {
    commit();
    queue.leave();
  };
  document.addEventListener('visibilitychange', () => document.hidden && leave());
  addEventListener('pagehide', leave);
  if (options.clicks !== false) tapClicks(track, (href) => cleanUrl(href, keepParams));
  if (options.pageViews !== false)
    watchPages(
      () => cleanUrl(location.href, keepParams),
      (_, lastUrl) => {
        if (lastUrl) referrer = lastUrl;
        page();
      },
    );
  if (allowed()) queue.wake();

  return {
    track,
    page,
    identify(id) {
      userId = id;
    },
    reset() {
      userId = null;
      store.remove('user');
    },
    optIn() {
      const first = !allowed();
      store.set('consent', 'yes');
      if (first) page();
    },
    optOut() {
      pending.length = 0;
      for (const name of store.names('')) store.remove(name);
      store.set('consent', 'no');
      userId = null;
      deviceId = randomId() + randomId();
    },
    flush() {
      commit();
      return allowed() ? queue.flush() : Promise.resolve();
    },
  };
}
