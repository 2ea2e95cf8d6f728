import type { ObjectStore } from '../object-store.ts';

/** An object store that can trade with the local disk, which is where DuckDB reads and writes. */
export interface FileStore extends ObjectStore {
  /**
   * Stores a local file, durably, as `put` does; the local file is gone afterwards.
   *
   * @returns its length, bytes
   */
  putFile(key: string, path: string): Promise<number>;
  /** A local path with the object's content, good until `release`. */
  openFile(key: string): Promise<LocalFile>;
}

export interface LocalFile {
  path: string;
  release(): Promise<void>;
}
