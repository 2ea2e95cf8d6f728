/**
 * Where the lake keeps its objects: a folder, a bucket, or memory. Keys are paths with `/`, such as
 * `rawdata/manifest.json`. Bodies of Parquet files never change; only a manifest is ever replaced.
 */
export interface ObjectStore {
  /** The object, or the part of it that `range` asks for; undefined if there is none. */
  get(key: string, range?: ByteRange): Promise<StoredObject | undefined>;
  /** Writes an object whole, durably, in the place of any before it. A reader sees the old or the new, never a part. */
  put(key: string, body: Uint8Array): Promise<void>;
  /**
   * Writes an object only if it is still the one that carried `tag`, or if there is none where `tag` is undefined.
   * Of two that replace the same tag, in any process, one wins.
   *
   * @returns the tag of the new object
   * @throws ReplaceConflictError if another was first; read again and try again
   */
  replace(key: string, body: Uint8Array, tag: string | undefined): Promise<string>;
  /** Objects whose key starts with `prefix`, by key. */
  list(prefix: string): Promise<readonly ListedObject[]>;
  /** Deletes objects; those already gone are no error. */
  delete(keys: readonly string[]): Promise<void>;
}

/** Part of an object, in bytes; `end` is exclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface StoredObject {
  /** The bytes asked for. */
  body: Uint8Array;
  /** Names this content, for `replace`. */
  tag: string;
  /** Length of the whole object, bytes. */
  totalBytes: number;
}

export interface ListedObject {
  key: string;
  bytes: number;
  /** Milliseconds since 1970 UTC. */
  modifiedAt: number;
}

/** Another writer replaced the object first; nothing was written. */
export class ReplaceConflictError extends Error {
  override readonly name = 'ReplaceConflictError';
  readonly key: string;
  constructor(key: string, options?: ErrorOptions) {
    super(`${key}: replaced by another writer; read it again and try again`, options);
    this.key = key;
  }
}
