import type { ManifestFile } from '@taphouse/schema';

/** A day keeps at most this many files that are neither sealed nor large. */
export const maxSmallFiles = 12;

/** Files of at least this many bytes, or rows, are left alone until their day is sealed. */
export const largeFileBytes = 32 * 1024 * 1024;
/** Rows that are all alike take a byte each; by their size alone they would be copied three times and more. */
export const largeFileRows = 2_000_000;

const minMerged = 3;

/** Where a large result is cut into files, bytes. */
export const maxFileBytes = 192 * 1024 * 1024;

/**
 * Which files of one day to merge into one now; none if there are few.
 *
 * The smallest ones, and then each next one that is no larger than those before it together, up to `maxFileBytes`. Over a day of a commit
 * every 5 s a row is copied 5 and 4 times at 2 and 20 kB a commit, twice at 1 MB, once at 4 MB; with 8 files in the place of 12 it
 * would be 15, 9 and 3 times, and with large ones from 64 MB on twice at 4 MB.
 */
export function rollPlan(files: readonly ManifestFile[]): readonly ManifestFile[] {
  const small = files
    .filter((file) => !file.sealed && file.bytes < largeFileBytes && file.rows < largeFileRows)
    .toSorted((a, b) => a.bytes - b.bytes || (a.path < b.path ? -1 : 1));
  if (small.length <= maxSmallFiles) return [];
  let bytes = 0;
  let count = 0;
  for (const file of small) {
    if (count >= minMerged && (file.bytes > bytes || bytes + file.bytes > maxFileBytes)) break;
    bytes += file.bytes;
    count += 1;
  }
  return small.slice(0, count);
}
