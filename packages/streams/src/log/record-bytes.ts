import type { StoredRecord, StreamRecord } from '../stream.ts';

const headerBytes = 10;
/** UTF-8 of a UTF-16 unit. */
const maxBytesPerUnit = 3;

/** Memory for the records of a usual commit, bytes; a larger one gets its own. */
const arenaBytes = 2 * 1024 ** 2;

/** A place in an arena. */
interface Place {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly used: number;
}

/**
 * Records behind each other, of the commit that is under way and of the next one, in memory that is used again and again:
 * in buffers of their own they would be most of what the garbage collector has to do.
 */
export class RecordArena {
  #bytes = Buffer.allocUnsafeSlow(arenaBytes);
  #used = 0;
  /** Memory of the commit under way, free again when the next one begins. */
  #other = Buffer.allocUnsafeSlow(arenaBytes);

  /** Begins a commit of all that was encoded, when the one before is settled. */
  turn(): void {
    const free = this.#other.length > arenaBytes ? Buffer.allocUnsafeSlow(arenaBytes) : this.#other;
    [this.#bytes, this.#other] = [free, this.#bytes];
    this.#used = 0;
  }

  /** Where the next record will be. */
  get place(): Place {
    return { bytes: this.#bytes, used: this.#used };
  }

  /** Gives back the room of all that was encoded since `place` was that. */
  giveBack({ bytes, used }: Place): void {
    this.#bytes = bytes;
    this.#used = used;
  }

  /** A record as it is on disk: float64 arrivedAt, uint16 length of the key, key, data; little-endian, UTF-8. */
  encode({ partitionKey, data }: StreamRecord, arrivedAt: number): Buffer {
    const start = this.#makeRoom(headerBytes + maxBytesPerUnit * (partitionKey.length + data.length));
    const bytes = this.#bytes;
    bytes.writeDoubleLE(arrivedAt, start);
    const keyBytes = bytes.write(partitionKey, start + headerBytes);
    bytes.writeUInt16LE(keyBytes, start + 8);
    this.#used += headerBytes + keyBytes;
    // Room for the worst and one look at the text: counting its bytes first takes four times as long as writing them.
    this.#used += bytes.write(data, this.#used);
    return bytes.subarray(start, this.#used);
  }

  /** Place of so many bytes. */
  #makeRoom(bytes: number): number {
    if (this.#used + bytes > this.#bytes.length) {
      // What is in use stays as it is.
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#bytes.length));
      this.#used = 0;
    }
    return this.#used;
  }
}

/** What is stored of a record; its position is its key. */
export type StoredBytes = Omit<StoredRecord, 'position'>;

/**
 * Reads what `RecordArena` encoded.
 *
 * @param bytes may hold something else behind the record, and later
 */
export function decodeRecord(bytes: Buffer, length: number): StoredBytes {
  const dataStart = headerBytes + bytes.readUInt16LE(8);
  return {
    arrivedAt: arrivedAtOf(bytes),
    partitionKey: bytes.toString('utf8', headerBytes, dataStart),
    data: bytes.toString('utf8', dataStart, length),
  };
}

/** When the record was taken, without reading the rest. */
export function arrivedAtOf(bytes: Buffer): number {
  return bytes.readDoubleLE(0);
}
