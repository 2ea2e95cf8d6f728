import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

import { type ByteRange, type ListedObject, ReplaceConflictError, type StoredObject } from '../object-store.ts';
import type { FileStore, LocalFile } from './file-store.ts';

/** How many versions of a replaced object stay beside it; the newest is the object. */
const versionsKept = 8;

/** Stands for an object that was put, or copied here without its versions. */
const unversioned = 0;

/**
 * A store in a folder of the local disk. Everything is on the disk when a call resolves.
 *
 * An object that is replaced, such as a manifest, is a row of versions `.manifest.json.~000000000012`, hard links that
 * the file system lets only one writer create; `manifest.json` is the newest, put there by a rename. So two processes
 * need no lock that a crash could leave behind, and a writer that died half-way is completed by the next.
 *
 * @throws if the disk fails, or the file system has no hard links
 */
export function directoryStore(folder: string): FileStore {
  const pathOf = (key: string): string => join(folder, key);
  return {
    get: (key, range) => getObject(pathOf(key), range),
    put: async (key, body) => {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      const versioned = (await versionsOf(path)).length > 0;
      if (versioned) await overwrite(key, path, body);
      else await moveDurably(await writeBeside(path, body), path);
    },
    replace: async (key, body, tag) => {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      return replaceObject(key, path, body, tag);
    },
    list: (prefix) => listObjects(folder, prefix),
    delete: async (keys) => {
      const folders = Map.groupBy(keys.map(pathOf), dirname);
      for (const [each, paths] of folders) await deleteFrom(each, paths);
    },
    putFile: async (key, from) => {
      const path = pathOf(key);
      const made = await mkdir(dirname(path), { recursive: true });
      const bytes = await syncFile(from);
      await moveDurably(from, path);
      if (made) await syncParents(dirname(path), dirname(made));
      return bytes;
    },
    openFile: async (key): Promise<LocalFile> => ({ path: pathOf(key), release: async () => {} }),
  };
}

async function deleteFrom(folder: string, paths: readonly string[]): Promise<void> {
  const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
  const doomed = new Set(paths.map(nameOf));
  const found = names.filter((name) => doomed.has(name) || doomed.has(versionedName(name) ?? ''));
  for (const name of found) await rm(join(folder, name), { force: true });
  if (found.length > 0) await syncFolder(folder).catch(ignoreMissing);
}

/** `manifest.json` of `.manifest.json.~000000000012`. */
function versionedName(name: string): string | undefined {
  return /^\.(.+)\.~\d+$/.exec(name)?.[1];
}

async function getObject(path: string, range?: ByteRange): Promise<StoredObject | undefined> {
  const version = (await versionsOf(path)).at(-1);
  const file = await open(version === undefined ? path : versionPath(path, version)).catch(ignoreMissing);
  // Versions are cleared away behind us only when newer ones are there.
  if (!file) return version === undefined ? undefined : getObject(path, range);
  try {
    const info = await file.stat();
    if (!info.isFile()) return undefined;
    const { size } = info;
    const start = range?.start ?? 0;
    const end = Math.min(range?.end ?? size, size);
    const body = new Uint8Array(Math.max(0, end - start));
    let read = 0;
    while (read < body.length) {
      const { bytesRead } = await file.read(body, read, body.length - read, start + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return { body, tag: String(version ?? unversioned), totalBytes: size };
  } finally {
    await file.close();
  }
}

async function replaceObject(key: string, path: string, body: Uint8Array, tag: string | undefined): Promise<string> {
  const newest = (await versionsOf(path)).at(-1) ?? ((await isThere(path)) ? unversioned : undefined);
  if (tag !== (newest === undefined ? undefined : String(newest))) throw new ReplaceConflictError(key);
  const version = (newest ?? unversioned) + 1;
  const written = await writeBeside(path, body);
  try {
    await link(written, versionPath(path, version));
  } catch (cause) {
    await rm(written, { force: true });
    if (codeOf(cause) === 'EEXIST') throw new ReplaceConflictError(key, { cause });
    throw cause;
  }
  await moveDurably(written, path);
  await publishNewest(path, version);
  return String(version);
}

async function overwrite(key: string, path: string, body: Uint8Array): Promise<void> {
  for (;;) {
    try {
      await replaceObject(key, path, body, String((await versionsOf(path)).at(-1) ?? unversioned));
      return;
    } catch (error) {
      if (!(error instanceof ReplaceConflictError)) throw error;
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(ignoreMissing))?.isFile() === true;
}

/** A faster writer may have published a newer version before our rename put ours in its place. */
async function publishNewest(path: string, published: number): Promise<void> {
  for (;;) {
    const versions = await versionsOf(path);
    const newest = versions.at(-1) ?? published;
    if (newest <= published) {
      for (const old of versions.slice(0, -versionsKept)) await rm(versionPath(path, old), { force: true });
      return;
    }
    const copy = temporaryPath(path);
    await link(versionPath(path, newest), copy);
    await moveDurably(copy, path);
    published = newest;
  }
}

/** Versions of a replaced object, oldest first. */
async function versionsOf(path: string): Promise<number[]> {
  const start = `.${nameOf(path)}.~`;
  const names = (await readdir(dirname(path)).catch(ignoreMissing)) ?? [];
  return names
    .filter((name) => name.startsWith(start))
    .map((name) => Number(name.slice(start.length)))
    .toSorted((a, b) => a - b);
}

function versionPath(path: string, version: number): string {
  return join(dirname(path), `.${nameOf(path)}.~${String(version).padStart(12, '0')}`);
}

async function listObjects(folder: string, prefix: string): Promise<ListedObject[]> {
  const from = join(folder, prefix.slice(0, prefix.lastIndexOf('/') + 1));
  const entries = (await readdir(from, { recursive: true, withFileTypes: true }).catch(ignoreMissing)) ?? [];
  const found: ListedObject[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const path = join(entry.parentPath, entry.name);
    const key = relative(folder, path).split(sep).join('/');
    if (!key.startsWith(prefix)) continue;
    const info = await stat(path).catch(ignoreMissing);
    if (info) found.push({ key, bytes: info.size, modifiedAt: info.mtimeMs });
  }
  return found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

async function writeBeside(path: string, body: Uint8Array): Promise<string> {
  const written = temporaryPath(path);
  const file = await open(written, 'wx');
  try {
    try {
      await file.writeFile(body);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // What a full disk left of it would fill the disk.
    await rm(written, { force: true });
    throw error;
  }
  return written;
}

function temporaryPath(path: string): string {
  return join(dirname(path), `.${nameOf(path)}.${randomUUID()}.tmp`);
}

function nameOf(path: string): string {
  return path.slice(dirname(path).length + 1);
}

async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

async function syncFile(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** New folders are entries of their parents, which must be on the disk too. */
async function syncParents(from: string, upTo: string): Promise<void> {
  for (let folder = dirname(from); folder.length >= upTo.length; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === dirname(folder)) return;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}
