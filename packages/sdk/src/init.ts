import { type Client, type EventMap, start, watchPages } from './client.ts';
import type { Options } from './options.ts';

let client: Client | undefined;

/** Starts once a page; a second call gives the same client. */
export function init<Events = EventMap>(options: Options = {}): Client<Events> {
  if (!client) {
    client = start(options);
    watchPages();
  }
  return client as Client<Events>;
}
