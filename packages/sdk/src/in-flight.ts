import { cookie } from './cookie.ts';
import { fromJson } from './safe-json.ts';
import { erase, namesOf, read, write } from './store.ts';

/** How long an answer is waited for, milliseconds; after that the events may be sent again. */
export const patienceMs = 15_000;

/**
 * Notes that these events are on their way, so that neither another tab nor the next page sends them too.
 * The note outlives the page: `freeEvents` settles it by the collector's cookie or by time.
 */
export const noteBatch = (batchId: string, names: readonly string[]): void =>
  write(`b.${batchId}`, JSON.stringify([Date.now() + patienceMs, ...names]));

/** Ends a note, with its cookie. Its events are sent again unless they were erased. */
export function endBatch(batchId: string): void {
  erase(`b.${batchId}`);
  cookie(`taphouse_ack_${batchId}`);
}

/** Names of stored events that begin with `start` and are not on their way; oldest page first, in order. */
export function freeEvents(start: string): string[] {
  const held: string[] = [];
  for (const note of namesOf('b.')) {
    const batchId = note.slice(2);
    const [expiresAt, ...names] = fromJson(read(note)) as [number, ...string[]];
    const leftMs = expiresAt - Date.now();
    const stored = cookie().includes(`taphouse_ack_${batchId}=`);
    if (stored) names.forEach(erase);
    // A clock set back must not hold them longer.
    if (!stored && leftMs > 0 && leftMs <= patienceMs) held.push(...names);
    else endBatch(batchId);
  }
  return namesOf(start).filter((name) => !held.includes(name));
}
