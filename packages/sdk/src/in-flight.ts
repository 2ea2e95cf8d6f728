import { deleteCookie, readCookie } from './cookies.ts';
import type { Store } from './store.ts';

/** How long an answer is waited for, milliseconds; after that the events may be sent again. */
export const patienceMs = 15_000;

/**
 * Notes that these events are on their way, so that neither another tab nor the next page sends them too.
 * The note outlives the page: `freeEvents` settles it by the collector's cookie or by time.
 */
export function noteBatch(store: Store, batchId: string, names: readonly string[]): void {
  store.set(`b.${batchId}`, JSON.stringify([Date.now() + patienceMs, ...names]));
}

/** Ends a note, with its cookie. Its events are sent again unless they were removed. */
export function endBatch(store: Store, batchId: string): void {
  store.remove(`b.${batchId}`);
  deleteCookie(`taphouse_ack_${batchId}`);
}

/** Names of stored events that are not on their way, oldest page first, in order. */
export function freeEvents(store: Store, start: string): string[] {
  const held = new Set<unknown>();
  for (const name of store.names('b.')) {
    const batchId = name.slice(2);
    const [expiresAt, ...names] = JSON.parse(store.get(name) ?? '[0]') as [number, ...string[]];
    const waitMs = expiresAt - Date.now();
    const acknowledged = readCookie(`taphouse_ack_${batchId}`);
    if (acknowledged) names.forEach(store.remove);
    // A clock set back must not hold them longer.
    if (acknowledged || waitMs < 0 || waitMs > patienceMs) endBatch(store, batchId);
    else for (const event of names) held.add(event);
  }
  return store.names(start).filter((name) => !held.has(name));
}
