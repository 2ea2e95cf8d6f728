import type { StoredRecord } from '../stream.ts';
import { format } from './log-format.ts';
import { listSegments, type RecordHead, removeSegment, Segment, syncFolder } from './segment.ts';

/** A segment that is written no more. */
interface Sealed {
  first: number;
  usedBytes: number;
}

/**
 * The records of a log in segments: the newest is written to, and the oldest go, each as a whole. Where records are removed
 * one by one lmdb keeps account of the pages they leave, which at 6 GiB took 60 % of the processor time of the process.
 */
export class Segments {
  readonly #folder: string;
  /** Of address space, for each. */
  readonly #mapBytes: number;
  /** Oldest first. */
  readonly #sealed: Sealed[] = [];
  #active: Segment;
  /** The sealed one last read from; no other is open. */
  #opened: Segment | undefined;
  #closing: Promise<unknown> = Promise.resolve();

  /**
   * Opens the segments of a folder, or begins the first.
   *
   * @param segmentBytes about the size of one
   */
  constructor(folder: string, segmentBytes: number) {
    this.#folder = folder;
    // It grows beyond its size by the commit that fills it.
    this.#mapBytes = 2 * segmentBytes;
    const numbers = listSegments(folder);
    const newest = numbers.pop() ?? 1;
    for (const first of numbers) this.#sealed.push({ first, usedBytes: this.#segment({ first }).usedBytes() });
    this.#active = this.#begin(newest);
  }

  /** The one that is written to. */
  get active(): Segment {
    return this.#active;
  }

  /** Disk pages of the records, bytes. */
  usedBytes(): number {
    return this.#sealed.reduce((sum, { usedBytes }) => sum + usedBytes, this.#active.usedBytes());
  }

  /** Records from a number on, at least one if there is any. */
  read(from: number, maxRecords: number): StoredRecord[] {
    for (const segment of this.#from(from)) {
      const records = this.#segment(segment).read(from, maxRecords);
      if (records.length > 0) return records;
    }
    return [];
  }

  newest(): RecordHead | undefined {
    for (const segment of [...this.#sealed, this.#active].toReversed()) {
      const newest = this.#segment(segment).newest();
      if (newest) return newest;
    }
    return undefined;
  }

  /** Seals the active segment, which has records, and begins the next. Nothing must be on its way into it. */
  seal(): void {
    const sealed = this.#active;
    const { number } = sealed.newest() as RecordHead;
    this.#sealed.push({ first: sealed.first, usedBytes: sealed.usedBytes() });
    try {
      this.#active = this.#begin(number + 1);
    } catch (error) {
      this.#sealed.pop();
      throw error;
    }
    // Whoever reads is close behind.
    this.#setOpened(sealed);
  }

  /** Removes the sealed segments that have nothing behind this number. */
  async removeUpTo(number: number): Promise<void> {
    const gone = this.#sealed.splice(0, this.#sealed.length + 1 - this.#from(number + 1).length);
    if (gone.some(({ first }) => first === this.#opened?.first)) this.#setOpened(undefined);
    await this.#closing;
    for (const { first } of gone) await removeSegment(this.#folder, first);
  }

  async close(): Promise<void> {
    this.#setOpened(undefined);
    await this.#closing;
    await this.#active.close();
  }

  /** Opens the segment to write to. What the one before knows it is told once, in one transaction. */
  #begin(first: number): Segment {
    const segment = new Segment(this.#folder, first, this.#mapBytes);
    if (segment.meta.get('format') !== undefined) return segment;
    const sealed = this.#sealed.at(-1);
    const before = sealed && this.#segment(sealed);
    segment.meta.transactionSync(() => {
      segment.meta.putSync('format', format);
      segment.meta.putSync('clock', before?.clock() ?? 0);
      segment.meta.putSync('trimmed', before?.meta.get('trimmed') ?? 0);
    });
    syncFolder(this.#folder);
    return segment;
  }

  /** The segments that may have this number or a larger one, oldest first. */
  #from(number: number): { first: number }[] {
    const all = [...this.#sealed, this.#active];
    return all.slice(
      Math.max(
        0,
        all.findLastIndex(({ first }) => first <= number),
      ),
    );
  }

  /** A segment, open. */
  #segment({ first }: { first: number }): Segment {
    if (first === this.#active?.first) return this.#active;
    if (first !== this.#opened?.first) this.#setOpened(new Segment(this.#folder, first, this.#mapBytes));
    return this.#opened as Segment;
  }

  #setOpened(segment: Segment | undefined): void {
    this.#closing = Promise.all([this.#closing, this.#opened?.close()]);
    this.#opened = segment;
  }
}
