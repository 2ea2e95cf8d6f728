import type { StoredRecord, StreamRecord } from '../stream.ts';
import { toPosition } from '../position.ts';

const headerBytes = 10;

/** Memory for the records of usual commits, bytes; larger ones get their own. */
const arenaBytes = 2 * 1024 ** 2;

/**
 * The records of one commit behind each other, in memory that serves the next commit again: as buffers of their own they
 * would be most of what the garbage collector has to do.
 */
export class RecordArena {
  #bytes = Buffer.allocUnsafeSlow(arenaBytes);
  #used = 0;

  /** Lets go of what was encoded: it is on disk, or never will be. */
  reset(): void {
    if (this.#bytes.length > arenaBytes) this.#bytes = Buffer.allocUnsafeSlow(arenaBytes);
    this.#used = 0;
  }

  /** A record as it is on disk: float64 arrivedAt, uint16 length of the key, key, data; little-endian, UTF-8. */
  encode({ partitionKey, data }: StreamRecord, arrivedAt: number): Buffer {
    const keyBytes = Buffer.byteLength(partitionKey);
    const dataBytes = Buffer.byteLength(data);
    const bytes = this.#take(headerBytes + keyBytes + dataBytes);
    bytes.writeDoubleLE(arrivedAt, 0);
    bytes.writeUInt16LE(keyBytes, 8);
    bytes.write(partitionKey, headerBytes);
    // ASCII, as most records are, is copied as it is: 0.3 us for 10 kB where the UTF-8 way takes 8.
    bytes.write(data, headerBytes + keyBytes, dataBytes === data.length ? 'latin1' : 'utf8');
    return bytes;
  }

  #take(bytes: number): Buffer {
    if (this.#used + bytes > this.#bytes.length) {
      // What is in use stays as it is.
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#bytes.length));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes;
    return this.#bytes.subarray(start, this.#used);
  }
}

/** Reads what `RecordArena` encoded at place `n`. */
export function decodeRecord(n: number, bytes: Buffer): StoredRecord {
  const dataStart = headerBytes + bytes.readUInt16LE(8);
  return {
    position: toPosition(n),
    arrivedAt: arrivedAtOf(bytes),
    partitionKey: bytes.toString('utf8', headerBytes, dataStart),
    data: bytes.toString('utf8', dataStart),
  };
}

/** When the record was taken, without reading the rest. */
export function arrivedAtOf(bytes: Buffer): number {
  return bytes.readDoubleLE(0);
}
