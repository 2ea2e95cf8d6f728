import { options } from './options.ts';
import { erase, readNumber, write } from './store.ts';
import type { WireEvent } from './wire-event.ts';

/** Where an event is on its way. */
export type Status = 'queued' | 'sent' | 'stored';

/** Shows events to a page in debug mode. */
export function show(status: Status, events: Partial<WireEvent>[]): void {
  if (options.debug)
    for (const event of events) dispatchEvent(new CustomEvent('taphouse:event', { detail: { ...event, status } }));
}

/** Gives up events, tells the page and counts them for the next batch to report. */
export function drop(names: string[], reason: unknown): void {
  names.forEach(erase);
  write('lost', readNumber('lost') + names.length);
  options.onError?.(`${names.length} events dropped: ${reason as string}`);
}
