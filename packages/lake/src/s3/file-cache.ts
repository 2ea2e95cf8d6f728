import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { LocalFile } from '../files/file-store.ts';

export interface FileCacheOptions {
  folder: string;
  /** Beyond this, files not in use are let go of, the longest unused first. */
  maxBytes: number;
  fetch: (key: string) => Promise<Readable>;
}

/** Local copies of objects that never change under their key. */
export interface FileCache {
  /** Fetches the object unless it is here. */
  open(key: string): Promise<LocalFile>;
  /** Deletes the copy. */
  forget(key: string): Promise<void>;
}

interface Copy {
  path: string;
  bytes: number;
  users: number;
}

export function fileCache({ folder, maxBytes, fetch }: FileCacheOptions): FileCache {
  /** The longest unused first. */
  const copies = new Map<string, Promise<Copy>>();

  async function download(key: string): Promise<Copy> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 40)}.parquet`);
    const partial = `${path}.${randomUUID()}`;
    await pipeline(await fetch(key), createWriteStream(partial));
    await rename(partial, path);
    return { path, bytes: (await stat(path)).size, users: 0 };
  }

  async function drop(key: string, copy: Copy): Promise<void> {
    copies.delete(key);
    await rm(copy.path, { force: true });
  }

  async function makeRoom(): Promise<void> {
    const held = await Promise.all([...copies].map(async ([key, copy]) => ({ key, copy: await copy })));
    let bytes = held.reduce((total, { copy }) => total + copy.bytes, 0);
    for (const { key, copy } of held) {
      if (bytes <= maxBytes) return;
      if (copy.users > 0) continue;
      bytes -= copy.bytes;
      await drop(key, copy);
    }
  }

  return {
    open: async (key) => {
      const found = copies.get(key) ?? download(key);
      copies.delete(key);
      copies.set(key, found);
      found.catch(() => copies.delete(key));
      const copy = await found;
      copy.users += 1;
      return {
        path: copy.path,
        release: async () => {
          copy.users -= 1;
          await makeRoom();
        },
      };
    },
    forget: async (key) => {
      const copy = await copies.get(key);
      if (copy) await drop(key, copy);
    },
  };
}
