import type { Lake } from '@taphouse/lake/files';
import { limits } from '@taphouse/schema';

import type { LiveHub } from './live-hub.ts';
import type { Pumps } from './run-pumps.ts';

/** What a running tap does about erasures, which another process may have done. */
export interface Erasures {
  /** Whether nothing of the user is to be stored ever again. */
  refuses(userId: string): boolean;
  close(): Promise<void>;
}

/** How soon an erasure is noticed, milliseconds. */
const everyMs = 2_000;
/** After its arrival an event waits so long at most to be in the lake, and to be trimmed behind it; generous, milliseconds. */
const commitMs = 60_000;

/**
 * Looks every 2 s who was erased from the lake: the collector refuses whom it must, the live view no longer tells of
 * them, and the log forgets what is in the lake, for as long as events of an erased user may still arrive that the lake
 * drops.
 *
 * @throws Error if the list can not be read at the start
 */
export async function heedErasures(
  lake: Lake,
  pumps: Pumps,
  hub: LiveHub,
  report: (line: string) => void,
): Promise<Erasures> {
  let erased = await lake.erasedUsers();
  const heed = (): void => {
    // An erasure while this process was stopped is heeded with its first commits.
    if (!erased.isEmpty) pumps.forget(Math.max(Date.now(), erased.lastErasedAt + limits.maxAheadMs) + commitMs);
  };
  const look = async (): Promise<void> => {
    try {
      const now = await lake.erasedUsers();
      const changed = now.tag !== erased.tag;
      erased = now;
      if (changed) heed();
    } catch (error) {
      report(
        `erased users: not read: ${error instanceof Error ? error.message : String(error)}; looked for again in ${everyMs / 1000} s`,
      );
    }
  };
  heed();
  hub.hide((userId, at) => erased.covers(userId, at));
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, everyMs);
  return {
    refuses: (userId) => erased.refuses(userId),
    close: () => {
      clearInterval(timer);
      return looking;
    },
  };
}
