import { flush, leave } from './deliver.ts';
import { listen } from './listen.ts';
import { type Options, options, setOptions } from './options.ts';
import { beat, identify, track, view } from './queue.ts';
import { endCookie, erase, keysOf, openStore, write } from './store.ts';
import { tapClicks } from './tap-clicks.ts';

/** Flat: the collector refuses an event whose value is an object. */
export type Properties = Record<string, string | number | boolean | null | undefined>;

/** Names of events, each with its properties. */
export type EventMap = Record<string, Properties>;

/** What a page can say. No method throws. */
export interface Client<Events = EventMap> {
  /** Queues an event. Its properties may be left out where none is required. */
  track<Name extends keyof Events & string>(
    name: Name,
    ...properties: Partial<Events[Name]> extends Events[Name] ? [properties?: Events[Name]] : [properties: Events[Name]]
  ): void;
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
  /** Sets options that may change while a page lives: the hooks, `userId`, `pageViews`, `keepParams`, `send`. */
  set(options: Options): void;
  /** Sends what is queued now; resolves when each event was tried once. */
  flush(): Promise<void>;
}

/** What follows `start`, once the calls that waited for it have run. */
export { watchPages } from './page-views.ts';

/** Starts on this page, but for page views. */
export function start(own: Options): Client {
  setOptions(own);
  openStore();
  if (options.userId) identify(options.userId);
  beat();
  listen('visibilitychange pagehide', leave);
  if (options.clicks) tapClicks();
  // Back from a tunnel: do not wait for the next try.
  listen('online', flush);
  return {
    track,
    identify,
    reset: () => identify(''),
    page: (properties) => track('page_view', properties),
    optIn() {
      write('consent', 1);
      identify(options.userId);
      view();
    },
    optOut() {
      identify('');
      keysOf('').forEach(erase);
      write('consent', '');
      endCookie('device');
    },
    set: setOptions,
    flush: () => flush(true),
  };
}
