import type { ManifestFile } from '@taphouse/schema';

/** A day keeps at most this many files that are neither sealed nor large. */
export const maxSmallFiles = 8;

/** Files of at least this many bytes are left alone until their day is sealed. */
export const largeFileBytes = 64 * 1024 * 1024;

const minMerged = 4;

/**
 * Which files of one day to merge into one now; none if there are few.
 *
 * The smallest ones, and then each next one that is no larger than those before it together: a file is rewritten only
 * when it at least doubles, so a row is copied about log2(day / commit) times, whatever the commits' sizes.
 */
export function rollPlan(files: readonly ManifestFile[]): readonly ManifestFile[] {
  const small = files
    .filter((file) => !file.sealed && file.bytes < largeFileBytes)
    .toSorted((a, b) => a.bytes - b.bytes || (a.path < b.path ? -1 : 1));
  if (small.length <= maxSmallFiles) return [];
  let bytes = 0;
  let count = 0;
  for (const file of small) {
    if (count >= minMerged && file.bytes > bytes) break;
    bytes += file.bytes;
    count += 1;
  }
  return small.slice(0, count);
}
