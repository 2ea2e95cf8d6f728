import type { TableName } from './tables.ts';

/**
 * How far along one shard a table has been written: every record up to and including `position`,
 * with the arrival clock brought to `clockAt`. Replaying from an earlier checkpoint up to a mark gives
 * the same rows again, which is how a crash doubles nothing.
 */
export interface Mark {
  /** Position of the last record written, as the stream gave it. */
  position: string;
  /** Arrival clock at the commit, milliseconds since 1970 UTC. */
  clockAt: number;
  /** True if the open windows were closed early in this commit (shutdown). */
  drained: boolean;
}

/** One live Parquet file. */
export interface ManifestFile {
  /** Relative to the table: `year=2026/month=11/day=23/….parquet`. Never reused for other content. */
  path: string;
  bytes: number;
  rows: number;
  /** Smallest partition time in the file (received_at or timeagg), milliseconds since 1970 UTC, inclusive. */
  minAt: number;
  /** Largest partition time in the file, inclusive. */
  maxAt: number;
  /** True when no two rows of the file's day are left to merge. */
  sealed: boolean;
  /**
   * The largest step of the windows in the file, milliseconds: sessions of any gap >= stepMs can be asked of it. In `rawdata`, of
   * the windows that its events went into.
   */
  stepMs?: number;
}

/** `lake/<table>/manifest.json`: the truth about which files are live. Replaced atomically. */
export interface Manifest {
  /** Version of this format. A reader refuses a newer one. */
  format: 1;
  table: TableName;
  /** Grows by one with each commit. */
  version: number;
  /** Time of the commit, milliseconds since 1970 UTC. */
  committedAt: number;
  files: ManifestFile[];
  /** Files no longer live, kept a while for readers of an older manifest. `removedAt` in ms since 1970 UTC. */
  removed: { path: string; removedAt: number }[];
  /** Progress of each shard. */
  marks: Record<string, Mark>;
}
