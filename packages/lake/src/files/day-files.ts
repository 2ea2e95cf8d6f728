import { type ManifestFile, type TableName, partitionPath } from '@taphouse/schema';

export const dayMs = 86_400_000;

/** The UTC day that a time lies in, as its first millisecond. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs) * dayMs;
}

/** Values by the UTC day of their time, days in order. */
export function groupByDay<T>(values: readonly T[], timeOf: (value: T) => number): Map<number, T[]> {
  const days = Map.groupBy(values, (value) => dayOf(timeOf(value)));
  return new Map([...days].toSorted(([a], [b]) => a - b));
}

/** Key of a file of a table in the store. */
export function fileKey(table: TableName, path: string): string {
  return `${table}/${path}`;
}

/** Path, in its table, of a file of one day. */
export function filePath(dayAt: number, name: string): string {
  return `${partitionPath(dayAt)}/${name.replaceAll(/[^\w.=-]/g, '_')}.parquet`;
}

/** Files by day. A file never holds rows of two. */
export function filesByDay(files: readonly ManifestFile[]): Map<number, ManifestFile[]> {
  return groupByDay(files, (file) => file.minAt);
}
