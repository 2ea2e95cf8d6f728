import type { Clock } from './clock.ts';
import { endBatch, freeEvents, noteBatch, patienceMs } from './in-flight.ts';
import type { Store } from './store.ts';
import { safeJson } from './safe-json.ts';
import { shareContext, type WireEvent } from './wire-event.ts';

/** From one POST to the next of all tabs, milliseconds. */
const pauseMs = 2000;
/** A `next` further away was written before the clock was set back. */
const longestWaitMs = 3_600_000;
/** The quota for requests that outlive a page is 64 KiB for all of them together. https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
const maxBodyBytes = 30_000;
/** More than this many stored events would use up the site's own storage. */
const maxStored = 5000;

export type Status = 'queued' | 'sent' | 'stored' | 'dropped';

export interface DeliverOptions {
  store: Store;
  clock: Clock;
  /** Of this page load; begins its event ids. */
  instance: string;
  /** Where to POST. */
  url: string;
  /** Where the limits are. */
  limitsUrl: string;
  writeKey: string | undefined;
  /** Name of the lock that all tabs share. */
  lock: string;
  onError: (message: string) => void;
  onStatus: (event: WireEvent, status: Status) => void;
}

export interface Deliverer {
  /** Sends soon. */
  wake(): void;
  /** Sends now, all that is stored; resolves when each event was tried once. */
  flush(): Promise<void>;
  /** Hands this page's events to the browser, which sends them after the page has gone. */
  leave(): void;
}

type Answer = { rejected?: { index: number; reason: string }[] };

/** Sends stored events in batches: one sender among all tabs, one batch at a time, until each is settled. */
export function deliver(options: DeliverOptions): Deliverer {
  const { store, clock, instance, url, onError, onStatus } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let batches = 0;
  let failures = 0;
  let maxEvents = 100;
  let stopped = false;

  const drop = (names: string[], reason: string): void => {
    if (!names.length) return;
    names.forEach(store.remove);
    store.set('lost', `${Number(store.get('lost')) + names.length}`);
    onError(`${names.length} events dropped: ${reason}`);
  };

  const wait = (ms: number): void => store.set('next', `${Date.now() + ms}`);

  /** The first events that fit one body. */
  const take = (names: string[]): [string[], WireEvent[]] => {
    const taken: string[] = [];
    const events: WireEvent[] = [];
    let bytes = 0;
    for (const name of names) {
      const text = store.get(name) ?? '';
      bytes += new Blob([text]).size;
      if (taken.length && (bytes > maxBodyBytes || taken.length >= maxEvents)) break;
      try {
        events.push(JSON.parse(text) as WireEvent);
        taken.push(name);
      } catch {
        store.remove(name);
      }
    }
    return [taken, events];
  };

  /** Puts right the time of events refused for it: refused means not stored, so this makes no copy. */
  const refuse = (names: string[], texts: (string | null)[], rejected: NonNullable<Answer['rejected']>): void => {
    for (const { index, reason } of rejected) {
      const event = JSON.parse(texts[index] ?? '{}') as WireEvent;
      const lateMs = clock.offset() - event.clock_offset_ms;
      if (lateMs) {
        event.client_timestamp += lateMs;
        event.clock_offset_ms += lateMs;
        store.set(names[index] as string, safeJson(event));
      } else drop([names[index] as string], reason);
    }
  };

  const settle = async (response: Response, names: string[], lost: number): Promise<boolean> => {
    const { status } = response;
    const texts = names.map(store.get);
    const answer: Answer | null = status === 204 ? { rejected: [] } : await response.json().catch(() => null);
    const refused = status === 400 || status === 422;
    if (refused || ((status === 204 || status === 200) && answer?.rejected)) {
      names.forEach(store.remove);
      if (answer?.rejected) refuse(names, texts, answer.rejected);
      else drop(names, `${status}`);
      if (!refused) store.set('lost', `${Number(store.get('lost')) - lost}`);
      return true;
    }
    if (status === 413) {
      if (names.length < 2) drop(names, 'too large');
      maxEvents = Math.ceil(names.length / 2);
      return true;
    }
    stopped = status === 410;
    return false;
  };

  const post = async (free: string[]): Promise<boolean> => {
    const [names, events] = take(free);
    const lost = Number(store.get('lost'));
    const batchId = `${instance}-${(batches += 1)}`;
    const startedAt = performance.now();
    noteBatch(store, batchId, names);
    wait(pauseMs);
    let retryMs = 0;
    let settled = false;
    try {
      for (const event of events) onStatus(event, 'sent');
      const response = await fetch(url, {
        method: 'POST',
        keepalive: true,
        signal: AbortSignal.timeout?.(patienceMs),
        body: JSON.stringify({
          write_key: options.writeKey,
          sent_at: clock.now(),
          clock_offset_ms: clock.offset(),
          dropped: lost || undefined,
          batch_id: batchId,
          context: shareContext(events),
          events,
        }),
      });
      clock.learn(response.headers.get('Date'), performance.now() - startedAt);
      retryMs = Number(response.headers.get('Retry-After')) * 1000;
      settled = await settle(response, names, lost);
    } catch {
      // Offline, blocked or hung: kept, and tried again.
    }
    endBatch(store, batchId);
    failures = settled ? 0 : failures + 1;
    if (!settled) wait(retryMs || Math.min(300_000, 1000 * 2 ** failures) * (1 - Math.random() / 2));
    return settled;
  };

  const drain = async (now: boolean): Promise<void> => {
    let more = !stopped;
    while (more) {
      const free = freeEvents(store, 'e.');
      drop(free.splice(0, free.length - maxStored), 'too many');
      const waitMs = now ? 0 : Number(store.get('next')) - Date.now();
      if (!free.length || (waitMs > 0 && waitMs < longestWaitMs)) break;
      more = (await post(free)) && free.length > maxEvents;
    }
  };

  const run = async (now: boolean): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const work = (): Promise<void> => drain(now);
    try {
      await navigator.locks.request(options.lock, { ifAvailable: true }, (lock) => lock && work());
    } catch {
      await work();
    }
    if (store.names('e.').length) wake();
  };

  const wake = (): void => {
    const waitMs = Number(store.get('next')) - Date.now();
    timer ??= setTimeout(() => void run(false), waitMs > 0 && waitMs < longestWaitMs ? waitMs : 500);
  };

  return {
    wake,
    flush: () => run(true),
    leave() {
      if (!stopped) for (let free; (free = freeEvents(store, `e.${instance}`)).length;) void post(free);
    },
  };
}
