import type { Database } from 'lmdb';
import { type SeenRun, type SeenStore, horizonMs } from '../engine/seen-events.ts';
import { isWide, writeText } from '../engine/text.ts';
import { BloomFilter, hashBytes } from './bloom-filter.ts';

/** The table of all shards: see `seenKey` and `seenValue`. */
export type SeenDatabase = Database<Buffer, Buffer>;

/** lmdb's bound on a key. */
const maxKeyBytes = 1978;

/** A run as the table has it. */
interface SeenEntry {
  key: Buffer;
  value: Buffer;
}

/** Entries of a shard's table that are looked at in a save, beside one and a half times those that it writes. */
const sweptAtLeast = 500;

/**
 * Ids seen of one shard, on disk. Each save writes the runs that changed and looks at some of the others, round and round:
 * it takes out what is forgotten, and notes what is there in a filter, so that an id that was never seen, as nearly all
 * are that memory does not have, costs no read. Until the first round is over, each costs one.
 */
export class SeenTable implements SeenStore {
  readonly #db: SeenDatabase;
  readonly #shard: Uint8Array;
  readonly #filterBytes: number;
  /** All that is in the table, and more; undefined before the first round is over. */
  #known: BloomFilter | undefined;
  /** What is in the part of the table that this round has passed. */
  #passed: BloomFilter;
  /** Where this round goes on. */
  #from: Buffer;

  constructor(db: SeenDatabase, shard: string, filterBytes: number) {
    const name = Buffer.from(shard);
    if (name.length > 255) throw new RangeError(`state: shard ${shard}: its id is over 255 bytes`);
    this.#db = db;
    this.#shard = Buffer.concat([Buffer.from([name.length]), name]);
    this.#filterBytes = filterBytes;
    this.#passed = new BloomFilter(filterBytes);
    this.#from = Buffer.from(this.#shard);
  }

  find(prefix: string, width: number, chunk: number): Pick<SeenRun, 'low' | 'high' | 'lastAt'> | undefined {
    const key = seenKey(this.#shard, prefix, width, chunk);
    if (this.#known && !this.#known.mayHave(hashBytes(key))) return undefined;
    const value = this.#db.getBinaryFast(key);
    return value && { low: value.readInt32LE(0), high: value.readInt32LE(4), lastAt: value.readDoubleLE(8) };
  }

  /** Most bytes that writing so many runs takes on disk: each may be in a page of its own, which is written anew. */
  bytesToWrite(runs: number): number {
    const stats = this.#db.getStats() as { treeLeafPageCount: number; treeBranchPageCount: number; pageSize: number };
    // New pages for what is new, and neighbours taken out.
    const more = Math.ceil(runs / 8) + 16;
    return (Math.min(runs, stats.treeLeafPageCount) + stats.treeBranchPageCount + more) * stats.pageSize;
  }

  /**
   * What `write` is to write of runs, in the order of the keys, so that each page is written once.
   *
   * @throws RangeError if an id is too long for a key
   */
  entriesOf(runs: readonly SeenRun[]): SeenEntry[] {
    return runs.toSorted(byPrefix).map((run) => {
      const key = seenKey(this.#shard, run.prefix, run.width, run.chunk);
      if (key.length > maxKeyBytes)
        throw new RangeError(
          `state: event id of ${run.prefix.length} characters: more than a key holds; leave such events out`,
        );
      return { key, value: seenValue(run) };
    });
  }

  /** Writes entries and goes a part of the round. Inside a transaction, which a throw would not undo: hence `entriesOf`. */
  write(entries: readonly SeenEntry[], clockAt: number): void {
    // First, as one of the entries may be that of an id forgotten.
    this.#sweep(Math.ceil(entries.length * 1.5) + sweptAtLeast, clockAt - horizonMs);
    for (const { key, value } of entries) {
      this.#db.putSync(key, value);
      const hash = hashBytes(key);
      this.#known?.add(hash);
      this.#passed.add(hash);
    }
  }

  #sweep(limit: number, before: number): void {
    // Behind the shard a key has 0 or 1.
    const end = Buffer.concat([this.#shard, Buffer.from([2])]);
    let last: Uint8Array | undefined;
    let count = 0;
    const forgotten: Buffer[] = [];
    for (const { key, value } of this.#db.getRange({ start: this.#from, end, limit })) {
      last = key;
      count += 1;
      if (value.readDoubleLE(8) < before) forgotten.push(Buffer.from(key));
      else this.#passed.add(hashBytes(key));
    }
    if (count === limit && last) this.#from = Buffer.concat([last, Buffer.from([0])]);
    else this.#startRound();
    for (const key of forgotten) this.#db.removeSync(key);
  }

  #startRound(): void {
    this.#known = this.#passed;
    this.#passed = new BloomFilter(this.#filterBytes);
    this.#from = Buffer.from(this.#shard);
  }
}

function byPrefix(a: SeenRun, b: SeenRun): number {
  if (a.prefix === b.prefix) return a.chunk - b.chunk;
  return a.prefix < b.prefix ? -1 : 1;
}

/** Shard, text, width, chunk: neighbours in time are neighbours here, where ids begin with a time as the SDK's do. */
function seenKey(shard: Uint8Array, prefix: string, width: number, chunk: number): Buffer {
  const isNarrow = !isWide(prefix);
  const key = Buffer.allocUnsafe(shard.length + 1 + (isNarrow ? prefix.length : prefix.length * 2) + 5);
  key.set(shard);
  key[shard.length] = isNarrow ? 0 : 1;
  writeText(key, shard.length + 1, prefix, prefix.length, !isNarrow);
  key[key.length - 5] = width;
  key.writeUInt32BE(chunk, key.length - 4);
  return key;
}

function seenValue({ low, high, lastAt }: SeenRun): Buffer {
  const value = Buffer.allocUnsafe(16);
  value.writeInt32LE(low | 0, 0);
  value.writeInt32LE(high | 0, 4);
  value.writeDoubleLE(lastAt, 8);
  return value;
}
