import { cookie } from './cookie.ts';
import { erase, namesOf, read } from './store.ts';

/** How long an answer is waited for, milliseconds; after that the events may be sent again. */
export const patienceMs = 15_000;

/**
 * Begins the names of notes, which are those of the collector's cookies. A note holds when a batch was sent, and the
 * names of its events, so that neither another tab nor the next page sends them too. It outlives the page:
 * `freeEvents` settles it by the cookie or by time.
 */
export const ack = 'taphouse_ack_';

/** Ends a note, with its cookie. Its events are sent again unless they were erased. */
export function endNote(note: string): void {
  erase(note);
  cookie(note);
}

/** Names of stored events that begin with `start` and are not on their way; oldest page first, in order. */
export function freeEvents(start: string): string[] {
  const held: string[] = [];
  for (const note of namesOf(ack)) {
    const [sentAt, ...names] = `${read(note)}`.split(',');
    const stored = cookie().includes(note);
    if (stored) names.forEach(erase);
    // Either way: a clock set back must not hold them longer.
    if (!stored && Math.abs(Date.now() - Number(sentAt)) < patienceMs) held.push(...names);
    else endNote(note);
  }
  return namesOf(start).filter((name) => !held.includes(name));
}
