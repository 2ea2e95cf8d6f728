import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { openEnvironment, segmentPath, syncFolder } from './segment.ts';

/** Version of what is on disk. 1: one environment, `data.mdb`. 2: segments, and `data.mdb` says so. */
export const format = 2;

/**
 * Brings a folder to the format of today: a new one, or one of format 1, which becomes the first segment.
 *
 * @throws Error if the format is newer than this program
 */
export async function upgradeFolder(folder: string): Promise<void> {
  const found = await foundFormat(folder);
  if (found > format)
    throw new Error(
      `log at ${folder}: format ${found}, this program reads up to ${format}; use the newer program, or another folder`,
    );
  if (found === format) return;
  renameSync(join(folder, 'data.mdb'), segmentPath(folder, 1));
  syncFolder(folder);
  await foundFormat(folder);
}

/** The format that `data.mdb` tells, which is made if it is not there. */
async function foundFormat(folder: string): Promise<number> {
  const root = openEnvironment(folder);
  try {
    const meta = root.openDB<number, string>('meta', { encoding: 'json' });
    const found = meta.get('format');
    if (found === undefined) meta.putSync('format', format);
    return found ?? format;
  } finally {
    await root.close();
  }
}
