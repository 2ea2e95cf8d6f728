import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, type DatabaseOptions, open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import { toPosition } from '../position.ts';
import type { StoredRecord } from '../stream.ts';
import { arrivedAtOf, decodeRecord, type StoredBytes } from './record-bytes.ts';

/** What a segment knows beside its records. */
export type Meta = 'format' | 'clock' | 'trimmed';

/** The newest or the oldest record. */
export interface RecordHead {
  number: number;
  /** Milliseconds since 1970 UTC. */
  arrivedAt: number;
}

/** What lmdb says of a table. */
type Pages = Record<'pageSize' | 'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages', number>;

/** A slice ends at about this many bytes, so that a reader never holds the event loop for long. */
const maxSliceBytes = 1_048_576;

/** lmdb hands over its own buffer to be read, where for bytes it copies them into new memory: a tenth of what engine and lake cost. */
const recordCodec = { encode: (bytes: Buffer): Buffer => bytes, decode: decodeRecord };

/** Records that follow each other, in an lmdb environment of their own. None is ever removed from it. */
export class Segment {
  /** Each of its records has this number or a larger one, and those of earlier segments have smaller ones. */
  readonly first: number;
  readonly #records: Database<StoredBytes, number>;
  readonly meta: Database<number, Meta>;
  readonly #root: RootDatabase<Buffer, string>;

  /**
   * Opens a segment, or makes an empty one.
   *
   * @param mapBytes address space to set aside; it may grow beyond
   */
  constructor(folder: string, first: number, mapBytes: number) {
    this.first = first;
    this.#root = openEnvironment(segmentPath(folder, first), mapBytes);
    this.#records = this.#root.openDB<StoredBytes, number>('records', { encoder: recordCodec } as DatabaseOptions);
    this.meta = this.#root.openDB<number, Meta>('meta', { encoding: 'json' });
  }

  /** Disk pages of its records, bytes. */
  usedBytes(): number {
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = this.#records.getStats() as Pages;
    return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
  }

  /** Puts a record into the transaction under way, as `RecordArena` encoded it. */
  put(number: number, bytes: Buffer): void {
    void this.#records.put(number, bytes as unknown as StoredBytes);
  }

  /** Runs puts in one transaction. */
  batch(puts: () => void): Promise<unknown> {
    return this.#records.batch(puts);
  }

  /** Its records from a number on, at least one if there is any. */
  read(from: number, maxRecords: number): StoredRecord[] {
    const records: StoredRecord[] = [];
    let bytes = 0;
    this.#root.resetReadTxn();
    for (const { key, value } of this.#records.getRange({ start: from, limit: maxRecords })) {
      records.push({ position: toPosition(key), ...value });
      bytes += value.data.length;
      if (bytes >= maxSliceBytes) break;
    }
    return records;
  }

  oldest(): RecordHead | undefined {
    return this.#end(false);
  }

  newest(): RecordHead | undefined {
    return this.#end(true);
  }

  /** The arrival clock: that of its newest record, or a later tick. */
  clock(): number {
    return Math.max(this.newest()?.arrivedAt ?? 0, this.meta.get('clock') ?? 0);
  }

  #end(reverse: boolean): RecordHead | undefined {
    this.#root.resetReadTxn();
    const [number] = this.#records.getKeys({ reverse, limit: 1 });
    const bytes = number === undefined ? undefined : this.#records.getBinaryFast(number);
    return bytes && { number: number as number, arrivedAt: arrivedAtOf(bytes) };
  }

  close(): Promise<void> {
    return this.#root.close();
  }
}

/** Numbers of the segments in a folder, the oldest first. */
export function listSegments(folder: string): number[] {
  const names = readdirSync(folder).map((name) => /^(\d{16})\.mdb$/.exec(name)?.[1]);
  return names.flatMap((digits) => (digits === undefined ? [] : [Number(digits)])).toSorted((a, b) => a - b);
}

/** Its file. */
export function segmentPath(folder: string, first: number): string {
  return join(folder, `${toPosition(first)}.mdb`);
}

/** Removes a segment that is closed; the disk has its room again. */
export async function removeSegment(folder: string, first: number): Promise<void> {
  const path = segmentPath(folder, first);
  await rm(path, { force: true });
  await rm(`${path}-lock`, { force: true });
}

/** Opens an lmdb environment in which a commit is on disk before it is visible, to its writer and to readers alike. */
export function openEnvironment(path: string, mapBytes?: number): RootDatabase<Buffer, string> {
  return open<Buffer, string>({
    path,
    encoding: 'binary',
    maxDbs: 4,
    overlappingSync: false,
    // We batch ourselves: lmdb's own batch of a turn leaves a promise unhandled when its commit fails.
    eventTurnBatching: false,
    ...(mapBytes && { mapSize: mapBytes }),
  } as RootDatabaseOptionsWithPath);
}

/** Has the names of the files in a folder on disk: without it a power cut may take a new file away, synced or not. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
