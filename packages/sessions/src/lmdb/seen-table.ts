import type { Database } from 'lmdb';
import { type SeenRun, type SeenStore, horizonMs } from '../engine/seen-events.ts';
import { BloomFilter, hashBytes } from './bloom-filter.ts';

/** The table of all shards: see `seenKey` and `seenValue`. */
export type SeenDatabase = Database<Uint8Array, Buffer>;

/** Entries of a shard's table that are looked at in a save, beside twice those that it writes. */
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
    return value && readValue(value);
  }

  /** Writes runs and goes a part of the round; inside a transaction. */
  write(runs: readonly SeenRun[], clockAt: number): void {
    // Before the runs are put, one of which may be of an entry that is forgotten.
    this.#sweep(runs.length * 2 + sweptAtLeast, clockAt - horizonMs);
    for (const [key, run] of runs.map(this.#keyed).toSorted(([a], [b]) => Buffer.compare(a, b))) {
      void this.#db.put(key, seenValue(run));
      const hash = hashBytes(key);
      this.#known?.add(hash);
      this.#passed.add(hash);
    }
  }

  readonly #keyed = (run: SeenRun): [Buffer, SeenRun] => [seenKey(this.#shard, run.prefix, run.width, run.chunk), run];

  #sweep(limit: number, before: number): void {
    // Behind the shard a key has 0 or 1.
    const end = Buffer.concat([this.#shard, Buffer.from([2])]);
    let last: Buffer | undefined;
    let count = 0;
    const forgotten: Buffer[] = [];
    for (const { key, value } of this.#db.getRange({ start: this.#from, end, limit })) {
      last = Buffer.from(key);
      count += 1;
      if (readValue(value).lastAt < before) forgotten.push(last);
      else this.#passed.add(hashBytes(last));
    }
    for (const key of forgotten) void this.#db.remove(key);
    if (count === limit && last) this.#from = Buffer.concat([last, Buffer.from([0])]);
    else this.#startRound();
  }

  #startRound(): void {
    this.#known = this.#passed;
    this.#passed = new BloomFilter(this.#filterBytes);
    this.#from = Buffer.from(this.#shard);
  }
}

/** Shard, text, width, chunk: neighbours in time are neighbours here, where ids begin with a time as the SDK's do. */
function seenKey(shard: Uint8Array, prefix: string, width: number, chunk: number): Buffer {
  const isNarrow = !/[^\0-\u00ff]/.test(prefix);
  const text = Buffer.from(prefix, isNarrow ? 'latin1' : 'utf16le');
  const key = Buffer.allocUnsafe(shard.length + 1 + text.length + 5);
  key.set(shard);
  key[shard.length] = isNarrow ? 0 : 1;
  key.set(text, shard.length + 1);
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

function readValue(value: Uint8Array): Pick<SeenRun, 'low' | 'high' | 'lastAt'> {
  const view = new DataView(value.buffer, value.byteOffset);
  return { low: view.getInt32(0, true), high: view.getInt32(4, true), lastAt: view.getFloat64(8, true) };
}
