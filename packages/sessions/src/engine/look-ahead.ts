import type { EventHead } from '../line-layout.ts';
import { endId } from './open-windows.ts';
import { none } from './records.ts';
import type { Tables } from './tables.ts';

/**
 * Events that are looked up together: what a batch needs lies all over the memory, and a batch of this size still
 * fits into the machine's caches and page tables when its turn comes. Measured at 50,000 windows: 64 to 256 alike, 1,000 a sixth slower.
 */
export const batch = 128;

/**
 * Looks up events some time before they are pushed. Changes nothing but speed: at hundreds of thousands of windows every
 * look-up is a cache miss, and the machine waits for many at once as long as for one.
 */
export class LookAhead {
  /** Where the visitor of the event that `next` found is kept, and its hash. */
  place = 0;
  visitorHash = 0;
  /** Place of its id among the seen events; `none` if that is not known. */
  seenRecord = none;
  seenBit = 0;
  /** Windows closed since the last batch: about as many will close in the next. */
  closed = 0;
  /** What was read; kept so that the reading is not optimized away. */
  touched = 0;
  readonly #tables: Tables;
  #events: readonly EventHead[] = [];
  #next = 0;
  /** Events before this one are looked up. */
  #until = 0;
  #drops = 0;
  readonly #visitorHashes = new Int32Array(batch);
  readonly #visitors = new Int32Array(batch);
  readonly #timeaggs = new Float64Array(batch);
  readonly #seenRecords = new Int32Array(batch);
  readonly #seenBits = new Uint8Array(batch);
  readonly #idHashes = new Int32Array(batch);
  readonly #closing = new Int32Array(batch);
  readonly #scratch = new Int32Array(batch);

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** The events that will be pushed next, in order. */
  expect(events: readonly EventHead[]): void {
    this.#events = events;
    this.#next = 0;
    this.#until = 0;
  }

  /** Whether `event` is the next expected one; then what was found of it is in the fields. */
  next(event: EventHead): boolean {
    const at = this.#next;
    if (this.#events[at] !== event) return false;
    if (at === this.#until) this.#lookUp();
    this.#next = at + 1;
    const i = at % batch;
    this.place = i;
    this.visitorHash = this.#visitorHashes[i] as number;
    this.seenRecord = this.#drops === this.#tables.seen.drops ? (this.#seenRecords[i] as number) : none;
    this.seenBit = this.#seenBits[i] as number;
    return true;
  }

  #lookUp(): void {
    const count = Math.min(batch, this.#events.length - this.#until);
    this.#lookUpVisitors(count);
    this.#lookUpIds(count);
    this.#lookUpClosing(Math.min(this.closed, this.#tables.queue.length, batch));
    this.closed = 0;
    this.#until += count;
  }

  /** Visitors, and where their windows are or would be. */
  #lookUpVisitors(count: number): void {
    const { visitors, windows, stepMs } = this.#tables;
    for (let i = 0; i < count; i += 1) {
      const { user_id, device_id, client_timestamp } = this.#events[this.#until + i] as EventHead;
      this.#visitorHashes[i] = visitors.hash(user_id, device_id, i);
      this.#timeaggs[i] = Math.floor(client_timestamp / stepMs) * stepMs;
    }
    this.touched ^= visitors.likely(this.#visitorHashes, this.#visitors, count);
    // The window last used, and in it the latest id: a visitor's next event nearly always has a neighbour of that.
    this.touched ^= visitors.read(this.#visitors, 4, this.#seenRecords, count);
    this.touched ^= windows.read(this.#seenRecords, endId.word, this.#seenRecords, count);
    this.touched ^= windows.touchKeys(this.#visitors, this.#timeaggs, count);
  }

  #lookUpIds(count: number): void {
    const { seen } = this.#tables;
    this.touched ^= seen.touchRecords(this.#seenRecords, this.#scratch, count);
    let others = 0;
    for (let i = 0; i < count; i += 1) {
      const { event_id } = this.#events[this.#until + i] as EventHead;
      if (seen.matches(this.#seenRecords[i] as number, event_id)) this.#seenBits[i] = seen.bit;
      else {
        this.#seenRecords[i] = none;
        this.#idHashes[others] = seen.hash(event_id);
        others += 1;
      }
    }
    this.#drops = seen.drops;
    this.touched ^= seen.touch(this.#idHashes, this.#scratch, others);
  }

  /** What closing the oldest windows needs. */
  #lookUpClosing(count: number): void {
    const { visitors, windows, seen, queue } = this.#tables;
    const scratch = this.#scratch;
    const closing = this.#closing;
    for (let i = 0; i < count; i += 1) closing[i] = queue.at(i);
    this.touched ^= windows.read(closing, 0, scratch, count);
    const { doubles } = windows.records;
    for (let i = 0; i < count; i += 1) this.#timeaggs[i] = doubles[(closing[i] as number) * 8 + 1] as number;
    this.touched ^= windows.touchKeys(scratch, this.#timeaggs, count);
    this.touched ^= visitors.read(scratch, 0, scratch, count);
    this.touched ^= visitors.likely(scratch, scratch, count);
    this.touched ^= windows.read(closing, endId.word, scratch, count);
    this.touched ^= seen.touchRecords(scratch, scratch, count);
  }
}
