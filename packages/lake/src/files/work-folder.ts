import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A folder of this lake's own for files under way, on the file system of the lake so that they can be renamed into it.
 * Clears away those of processes that are gone.
 */
export async function makeWorkFolder(folder: string): Promise<string> {
  const all = join(folder, '.work');
  await mkdir(all, { recursive: true });
  for (const name of await readdir(all)) {
    if (!isAlive(Number(name.split('-')[0]))) await rm(join(all, name), { recursive: true, force: true });
  }
  const own = join(all, `${process.pid}-${randomUUID().slice(0, 8)}`);
  await mkdir(own);
  return own;
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
