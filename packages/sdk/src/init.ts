import { type Client, type EventMap, start } from './client.ts';
import type { Options } from './options.ts';
import { watchPages } from './page-views.ts';

let client: Client | undefined;

/** Starts once a page; a second call gives the same client. */
export function init<Events = EventMap>(options: Options = {}): Client<Events> {
  if (!client) {
    client = start(options);
    watchPages();
  }
  return client as Client<Events>;
}
