import { grown } from './intern.ts';

/** When events of one name happened, by the number of their key in `PartialRows`; milliseconds since 1970 UTC. */
export class EventTimes {
  #keys = new Int32Array(0);
  #times = new Float64Array(0);
  #length = 0;
  /** Of each key, where its times begin; its last one is the end. */
  #starts = new Int32Array(1);
  #settled = true;

  add(key: number, at: number): void {
    this.#keys = grown(this.#keys, this.#length + 1);
    this.#times = grown(this.#times, this.#length + 1);
    this.#keys[this.#length] = key;
    this.#times[this.#length] = at;
    this.#length += 1;
    this.#settled = false;
  }

  /** True where one of them lies within [fromAt, toAt], both inclusive. */
  within(key: number, fromAt: number, toAt: number): boolean {
    if (!this.#settled) this.#settle();
    if (key + 1 >= this.#starts.length) return false;
    let low = this.#starts[key]!;
    const end = this.#starts[key + 1]!;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! < fromAt) low = middle + 1;
      else high = middle;
    }
    return low < end && this.#times[low]! <= toAt;
  }

  /** In the order of key and time: a counting sort by key, and each key's few times after it. */
  #settle(): void {
    const most = this.#keys.subarray(0, this.#length).reduce((a, b) => Math.max(a, b), -1);
    const starts = new Int32Array(most + 2);
    for (let at = 0; at < this.#length; at += 1) starts[this.#keys[at]! + 1]! += 1;
    for (let key = 0; key <= most; key += 1) starts[key + 1]! += starts[key]!;
    const places = starts.slice();
    const keys = new Int32Array(this.#length);
    const times = new Float64Array(this.#length);
    for (let at = 0; at < this.#length; at += 1) {
      const place = places[this.#keys[at]!]!++;
      keys[place] = this.#keys[at]!;
      times[place] = this.#times[at]!;
    }
    for (let key = 0; key <= most; key += 1) times.subarray(starts[key], starts[key + 1]).sort();
    this.#keys = keys;
    this.#times = times;
    this.#starts = starts;
    this.#settled = true;
  }
}
