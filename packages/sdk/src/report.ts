import { options } from './options.ts';
import { erase, prefix, readNumber, write } from './store.ts';

/** Where an event is on its way. */
export type Status = 'queued' | 'sent' | 'stored';

interface Named {
  event_id: string;
}

/** Takes an event out of the queue. */
export const forget = (event: Named): void => erase(prefix + event.event_id);

/** Gives up an event, tells the page and counts it for the next batch to report. */
export function drop(event: Named, reason: unknown): void {
  forget(event);
  write('lost', readNumber('lost') + 1);
  setTimeout(options.onError, 0, `${event.event_id} dropped: ${reason as string}`);
}
