const unitBytes = 16;

/** Room for text that does not fit into its record: blocks of whole units of 16 bytes, given back and used again. */
export class TextArena {
  bytes = new Uint8Array(64 * unitBytes);
  /** First unit never used; 0 is never given out. */
  #end = 1;
  /** Blocks given back, by their length in units. */
  readonly #free: number[][] = [];

  /** Number of a free block of at least `byteLength`; its bytes start at `offset(block)`. */
  take(byteLength: number): number {
    const units = Math.ceil(byteLength / unitBytes);
    const used = this.#free[units]?.pop();
    if (used !== undefined) return used;
    const block = this.#end;
    this.#end += units;
    if (this.#end * unitBytes > this.bytes.length) this.#grow();
    return block;
  }

  giveBack(block: number, byteLength: number): void {
    const units = Math.ceil(byteLength / unitBytes);
    (this.#free[units] ??= []).push(block);
  }

  offset(block: number): number {
    return block * unitBytes;
  }

  #grow(): void {
    const grown = new Uint8Array(Math.ceil((this.#end * unitBytes * 3) / 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
