/** Numbers of records that changed since the list was last taken, each once. */
export class DirtyList {
  #list = new Uint32Array(64);
  #length = 0;
  #marks = new Uint8Array(64);

  add(record: number): void {
    if (this.#marks[record] === 1) return;
    if (record >= this.#marks.length) this.#marks = grown(this.#marks, record);
    this.#marks[record] = 1;
    if (this.#length === this.#list.length) this.#list = grown(this.#list, this.#length);
    this.#list[this.#length] = record;
    this.#length += 1;
  }

  /** The list, which is empty from then on. Valid until the next `add`. */
  take(): Uint32Array {
    const taken = this.#list.subarray(0, this.#length);
    for (const record of taken) this.#marks[record] = 0;
    this.#length = 0;
    return taken;
  }
}

function grown<T extends Uint32Array | Uint8Array>(list: T, toHold: number): T {
  const longer = new (list.constructor as new (length: number) => T)(Math.max(toHold + 1, list.length * 2));
  longer.set(list);
  return longer;
}
