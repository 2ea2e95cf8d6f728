import { statfs } from 'node:fs/promises';

import type { SessionRow } from '@taphouse/schema';
import { open } from 'lmdb';

/** An alert that the webhook has not taken yet; its body is made of it. */
export interface WaitingAlert {
  /** The same each time that the alert is sent: of the rule's name and the row's `row_id`. */
  id: string;
  rule: string;
  session: SessionRow;
  /** Milliseconds since 1970 UTC. */
  raisedAt: number;
}

/** Alerts on disk, in lmdb, between the commit that raised them and the webhook's answer. Several processes may have it open. */
export interface AlertOutbox {
  /** Resolves when they are on disk. One that waits already stays as it is. */
  add(alerts: readonly WaitingAlert[]): Promise<void>;
  /** All that wait, oldest first. */
  waiting(): WaitingAlert[];
  has(id: string): boolean;
  remove(id: string): Promise<void>;
  /** Removes the alerts about some users, and says how many those were. */
  erase(userIds: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** Room on the disk that is left alone, bytes: lmdb 3.5.6 may abort the process when the system refuses it a write. */
const minFreeBytes = 8 * 1024 ** 2;

/**
 * Opens, or makes, the outbox at `folder`.
 *
 * @throws Error if the folder can not be made or written
 */
export async function openAlertOutbox(folder: string): Promise<AlertOutbox> {
  // With overlapping sync a put resolves before it is on disk.
  const db = open<WaitingAlert, string>({ path: folder, overlappingSync: false, noSubdir: false, encoding: 'json' });
  const waiting = (): WaitingAlert[] => {
    db.resetReadTxn();
    return [...db.getRange()].map(({ value }) => value).toSorted((a, b) => a.raisedAt - b.raisedAt);
  };
  return {
    waiting,
    async add(alerts) {
      if (alerts.length === 0) return;
      await checkRoom(folder);
      await db.transaction(() => {
        for (const alert of alerts) if (!db.doesExist(alert.id)) void db.put(alert.id, alert);
      });
    },
    has(id) {
      db.resetReadTxn();
      return db.doesExist(id);
    },
    async remove(id) {
      await db.remove(id);
    },
    async erase(userIds) {
      const erased = new Set(userIds);
      const theirs = waiting().filter(({ session }) => erased.has(session.user_id));
      await db.transaction(() => {
        for (const { id } of theirs) void db.remove(id);
      });
      return theirs.length;
    },
    close: () => db.close(),
  };
}

async function checkRoom(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= minFreeBytes) return;
  throw new Error(`alerts at ${folder}: ${bavail * bsize} bytes free on the disk, ${minFreeBytes} needed; free some`);
}
