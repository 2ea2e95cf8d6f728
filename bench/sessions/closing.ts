import { NumberQueue } from '../../packages/sessions/src/engine/number-queue.ts';

/** Keeps open windows by the time at which they close. */
interface ClosingOrder {
  add(window: number, dueAt: number): void;
  /** Takes out what is due at `clockAt`; the sum of what it was, so that nothing is optimized away. */
  close(clockAt: number): number;
}

const rangeMs = 30_000;

/** Nanoseconds to open and close a window, `open` of them open at a time, `count` in all; by what keeps their order. */
export function closingCosts(open: number, count: number): { ring: number; wheel: number; map: number | undefined } {
  return {
    ring: cost(new Ring(open * 2), open, count),
    wheel: cost(new Wheel(open * 2), open, count),
    // Each look for the oldest passes over all that was deleted before it: beyond this it takes minutes.
    map: open > 50_000 ? undefined : cost(new MapQueue(), open, 50_000),
  };
}

function cost(order: ClosingOrder, open: number, count: number): number {
  const perMs = open / rangeMs;
  const warmUp = open * 1.1;
  let from = process.threadCpuUsage();
  for (let i = 0; i < warmUp + count; i += 1) {
    if (i === Math.floor(warmUp)) from = process.threadCpuUsage();
    const clockAt = Math.floor(i / perMs);
    order.close(clockAt);
    order.add(i % (open * 2), clockAt + rangeMs);
  }
  const { user, system } = process.threadCpuUsage(from);
  return ((user + system) * 1000) / count;
}

/** What the engine has: all ranges are one length, so windows close in the order in which they opened. */
class Ring implements ClosingOrder {
  readonly #queue = new NumberQueue();
  readonly #dueAt: Float64Array;

  constructor(windows: number) {
    this.#dueAt = new Float64Array(windows);
  }

  add(window: number, dueAt: number): void {
    this.#dueAt[window] = dueAt;
    this.#queue.push(window);
  }

  close(clockAt: number): number {
    let closed = 0;
    while (this.#queue.length > 0 && (this.#dueAt[this.#queue.at(0)] as number) <= clockAt)
      closed += this.#queue.shift();
    return closed;
  }
}

/** A hashed timing wheel, a slot a millisecond, each a list through `#after`; a window in a slot is due in this turn. */
class Wheel implements ClosingOrder {
  readonly #first = new Int32Array(32_768).fill(-1);
  readonly #last = new Int32Array(32_768).fill(-1);
  readonly #after: Int32Array;
  #clockAt = 0;

  constructor(windows: number) {
    this.#after = new Int32Array(windows);
  }

  add(window: number, dueAt: number): void {
    const slot = dueAt & 32_767;
    this.#after[window] = -1;
    const last = this.#last[slot] as number;
    if (last === -1) this.#first[slot] = window;
    else this.#after[last] = window;
    this.#last[slot] = window;
  }

  close(clockAt: number): number {
    let closed = 0;
    for (; this.#clockAt <= clockAt; this.#clockAt += 1) {
      const slot = this.#clockAt & 32_767;
      for (let window = this.#first[slot] as number; window !== -1; window = this.#after[window] as number)
        closed += window;
      this.#first[slot] = -1;
      this.#last[slot] = -1;
    }
    return closed;
  }
}

/** A Map used as a queue: what not to do. */
class MapQueue implements ClosingOrder {
  readonly #dueAt = new Map<number, number>();

  add(window: number, dueAt: number): void {
    this.#dueAt.set(window, dueAt);
  }

  close(clockAt: number): number {
    let closed = 0;
    for (const [window, dueAt] of this.#dueAt) {
      if (dueAt > clockAt) break;
      this.#dueAt.delete(window);
      closed += window;
    }
    return closed;
  }
}
