import type { Manifest, ManifestFile, Mark, TableName } from '@taphouse/schema';

import { type ObjectStore, ReplaceConflictError } from './object-store.ts';

/** A manifest as it was read, with the tag that a change must carry. */
export interface ManifestRead {
  manifest: Manifest;
  /** Undefined where the table has no manifest yet. */
  tag: string | undefined;
}

/** What one commit does to a table. */
export interface ManifestChange {
  /** New format, of an upgrade. */
  format?: number;
  /** Files that become live. Already stored, durably. */
  added?: readonly ManifestFile[];
  /** Paths that stop being live; listed in `removed` for readers of an older manifest, if not in `forgotten` as well. */
  removed?: readonly string[];
  /** Paths not to list in `removed` any more: their files are gone, or about to be. */
  forgotten?: readonly string[];
  /** New marks. */
  marks?: Readonly<Record<string, Mark>>;
}

/** Of manifests and of the columns of the files they list. */
export const currentFormat: Manifest['format'] = 1;

/** Key of a table's manifest. */
export function manifestKey(table: TableName): string {
  return `${table}/manifest.json`;
}

/** The manifest of a table before its first commit. */
export function emptyManifest(table: TableName): Manifest {
  return { format: currentFormat, table, version: 0, committedAt: 0, files: [], removed: [], marks: {} };
}

/**
 * Reads a table's manifest; an empty one of version 0 where there is none.
 *
 * @throws ManifestError if it is not a manifest, or of a newer format
 */
export async function readManifest(store: ObjectStore, table: TableName): Promise<ManifestRead> {
  const key = manifestKey(table);
  const found = await store.get(key);
  if (!found) return { manifest: emptyManifest(table), tag: undefined };
  return { manifest: parseManifest(key, new TextDecoder().decode(found.body)), tag: found.tag };
}

/** A manifest that this version cannot read. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/** @throws ManifestError with the key, the fault and the remedy */
export function parseManifest(key: string, text: string): Manifest {
  let parsed: Partial<Manifest>;
  try {
    parsed = JSON.parse(text) as Partial<Manifest>;
  } catch (cause) {
    throw new ManifestError(`${key}: not JSON; bring back the lake's folder from a copy, hidden files included`, {
      cause,
    });
  }
  if (!(typeof parsed.format === 'number' && parsed.format <= currentFormat)) {
    throw new ManifestError(
      `${key}: format ${String(parsed.format)}; this version reads up to ${currentFormat}, so update Taphouse`,
    );
  }
  return parsed as Manifest;
}

/**
 * Replaces a table's manifest by what `change` makes of it, and asks again when another writer was first.
 * `change` gives undefined to leave the manifest as it is.
 *
 * @returns the manifest as it is now
 */
export async function changeManifest(
  store: ObjectStore,
  table: TableName,
  nowMs: number,
  change: (manifest: Manifest) => ManifestChange | undefined | Promise<ManifestChange | undefined>,
): Promise<Manifest> {
  for (;;) {
    const { manifest, tag } = await readManifest(store, table);
    const wanted = await change(manifest);
    if (!wanted) return manifest;
    const next = applyChange(manifest, wanted, nowMs);
    try {
      await store.replace(manifestKey(table), new TextEncoder().encode(JSON.stringify(next)), tag);
      return next;
    } catch (error) {
      if (!(error instanceof ReplaceConflictError)) throw error;
    }
  }
}

/** The next version of a manifest. */
export function applyChange(manifest: Manifest, change: ManifestChange, nowMs: number): Manifest {
  const gone = new Set(change.removed);
  const added = change.added ?? [];
  const addedPaths = new Set(added.map((file) => file.path));
  const forgotten = new Set(change.forgotten);
  const kept = manifest.files.filter((file) => !gone.has(file.path) && !addedPaths.has(file.path));
  return {
    ...manifest,
    format: (change.format ?? manifest.format) as Manifest['format'],
    version: manifest.version + 1,
    committedAt: nowMs,
    files: [...kept, ...added],
    removed: [
      ...manifest.removed.filter((file) => !forgotten.has(file.path) && !addedPaths.has(file.path)),
      ...[...gone].filter((path) => !forgotten.has(path)).map((path) => ({ path, removedAt: nowMs })),
    ],
    marks: { ...manifest.marks, ...change.marks },
  };
}

/**
 * True if `mark` lies behind `reached` on its shard, so that a commit ending there is not in the table yet.
 * Positions compare as strings; at one position the clock decides, then draining.
 */
export function isAhead(mark: Mark, reached: Mark | undefined): boolean {
  if (!reached) return true;
  if (mark.position !== reached.position) return mark.position > reached.position;
  if (mark.clockAt !== reached.clockAt) return mark.clockAt > reached.clockAt;
  return mark.drained && !reached.drained;
}
