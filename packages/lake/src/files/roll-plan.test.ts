import type { ManifestFile } from '@taphouse/schema';
import { expect, it } from 'vitest';

import { largeFileBytes, largeFileRows, maxFileBytes, maxSmallFiles, rollPlan } from './roll-plan.ts';

let made = 0;

function file(bytes: number, fields: Partial<ManifestFile> = {}): ManifestFile {
  return { path: String((made += 1)), bytes, rows: 1, minAt: 0, maxAt: 0, sealed: false, ...fields };
}

/** A day of commits every 5 s: how often a byte is copied, and the most small files there ever are. */
function day(commitBytes: number): { copies: number; most: number } {
  let files: ManifestFile[] = [];
  let copied = 0;
  let most = 0;
  const commits = 17_280;
  for (let commit = 0; commit < commits; commit += 1) {
    files.push(file(commitBytes));
    const plan = rollPlan(files);
    const bytes = plan.reduce((sum, each) => sum + each.bytes, 0);
    copied += bytes;
    if (plan.length > 0) files = [...files.filter((each) => !plan.includes(each)), file(bytes)];
    most = Math.max(most, files.filter((each) => each.bytes < largeFileBytes).length);
  }
  return { copies: copied / (commits * commitBytes), most };
}

it.each([
  [2000, 5.1],
  [20_000, 4.7],
  [200_000, 3],
  [1_000_000, 2],
  [4_000_000, 1.01],
])('a day of commits of %i bytes stays at few files, and copies each byte few times', (commitBytes, copies) => {
  const result = day(commitBytes);
  expect(result.most).toBeLessThanOrEqual(maxSmallFiles);
  expect(result.copies).toBeLessThan(copies);
});

it('files that are sealed or large are left alone', () => {
  const large = Array.from({ length: 20 }, (_, i) =>
    file(i % 2 ? largeFileBytes : 1, i % 2 ? {} : { rows: largeFileRows }),
  );
  const sealed = Array.from({ length: 20 }, () => file(1, { sealed: true }));
  expect(rollPlan([...large, ...sealed])).toEqual([]);
  const small = Array.from({ length: maxSmallFiles + 1 }, () => file(10));
  expect(new Set(rollPlan([...large, ...small, ...sealed]))).toEqual(new Set(small));
});

it('what is merged is no larger than a file may be', () => {
  const files = Array.from({ length: maxSmallFiles + 1 }, () => file(largeFileBytes - 1));
  const bytes = rollPlan(files).reduce((sum, each) => sum + each.bytes, 0);
  expect(bytes).toBeLessThanOrEqual(maxFileBytes);
  expect(bytes).toBeGreaterThan(maxFileBytes - largeFileBytes);
});
