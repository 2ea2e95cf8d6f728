import { cookie } from './cookie.ts';
import { flush, leave, wake } from './deliver.ts';
import { measureEngagement } from './engagement.ts';
import { listen } from './listen.ts';
import { type Options, setOptions } from './options.ts';
import { watchPages } from './page-views.ts';
import { commit, identify, track } from './queue.ts';
import { allowed, erase, namesOf, openStore, write } from './store.ts';
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
  /** Sends what is queued now; resolves when each event was tried once. */
  flush(): Promise<void>;
}

let client: Client | undefined;

/** Starts once a page; a second call gives the same client. */
export function init<Events = EventMap>(options: Options = {}): Client<Events> {
  return (client ??= start(options)) as Client<Events>;
}

const page = (properties?: object): void => track('page_view', properties);

function start(options: Options): Client {
  setOptions(options);
  openStore();
  if (options.userId) identify(options.userId);
  measureEngagement();
  listen('visibilitychange pagehide', (event) => {
    commit();
    leave(event);
  });
  if (options.clicks !== false) tapClicks();
  if (options.pageViews !== false) watchPages();
  // Back from a tunnel: do not wait for the next try.
  listen('online', () => void flush(true));
  wake();
  return {
    track,
    identify,
    reset: () => identify(''),
    page,
    optIn() {
      const first = !allowed();
      write('consent', 'yes');
      if (first) page();
    },
    optOut() {
      namesOf('').forEach(erase);
      write('consent', '');
      identify('');
      cookie('taphouse_device');
    },
    flush() {
      commit();
      return flush(true);
    },
  };
}
