import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A folder of this lake's own for files under way, on the file system of the lake so that they can be renamed into it.
 * Clears away those of processes that are gone.
 */
export async function makeWorkFolder(folder: string): Promise<string> {
  const all = join(folder, '.work');
  await mkdir(all, { recursive: true });
  for (const name of await readdir(all)) {
    if (await isLeft(join(all, name), Number(name.split('-')[0])))
      await rm(join(all, name), { recursive: true, force: true });
  }
  const own = join(all, `${process.pid}-${randomUUID().slice(0, 8)}`);
  await mkdir(own);
  return own;
}

/** A process in another container is not to be seen, so a folder that was used lately is taken for one of those. */
const leftAfterMs = 3_600_000;

async function isLeft(folder: string, pid: number): Promise<boolean> {
  const usedAt = (await stat(folder).catch(() => null))?.mtimeMs ?? Infinity;
  // In a container each process may have the number of the one before it.
  if (pid === process.pid) return usedAt < performance.timeOrigin;
  return !isAlive(pid) && usedAt < Date.now() - leftAfterMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
