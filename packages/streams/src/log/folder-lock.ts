import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Lets go of the folder. */
export type Unlock = () => void;

/**
 * Takes a folder for this process, or throws. The lock is the operating system's, on a file that SQLite holds open
 * exclusively (Node itself has no flock), so it ends with the process however that ends.
 *
 * @throws Error if another process, or another log of this one, has the folder
 */
export function lockFolder(path: string): Unlock {
  const lock = new DatabaseSync(join(path, 'owner.lock'), { timeout: 0 });
  const ownerFile = join(path, 'owner.pid');
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw cause;
    throw new Error(
      `log at ${path}: in use by process ${ownerOf(ownerFile)}; stop that process or choose another folder`,
      { cause },
    );
  }
  writeFileSync(ownerFile, String(process.pid));
  return () => lock.close();
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}

function ownerOf(ownerFile: string): string {
  try {
    return readFileSync(ownerFile, 'utf8');
  } catch {
    return 'unknown';
  }
}
