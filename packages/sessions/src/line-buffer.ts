const pieceBytes = 1024 ** 2;

/** Pieces that are kept for the next commit; 200,000 events take 40 to 110. */
const maxSpare = 96;

/**
 * Lines of a commit as UTF-8, outside of what the garbage collector moves about: kept as text until they are written, they are
 * most of its work. Their memory serves one commit after the other: new memory makes it run, too.
 */
export class LineBuffer {
  readonly #encoder = new TextEncoder();
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #full: Uint8Array<ArrayBuffer>[] = [];
  #piece = new Uint8Array(0);
  #used = 0;

  /** @param text whole lines, without the last line feed */
  add(text: string): void {
    // A UTF-16 unit takes at most 3 bytes.
    const mostBytes = text.length * 3 + 1;
    if (this.#used + mostBytes > this.#piece.length) this.#turn(mostBytes);
    this.#used += this.#encoder.encodeInto(text, this.#piece.subarray(this.#used)).written;
    this.#piece[this.#used] = 0x0a;
    this.#used += 1;
  }

  #turn(leastBytes: number): void {
    if (this.#used > 0) this.#full.push(this.#piece.subarray(0, this.#used));
    const spare = leastBytes > pieceBytes ? undefined : this.#spare.pop();
    this.#piece = spare ?? new Uint8Array(Math.max(leastBytes, pieceBytes));
    this.#used = 0;
  }

  /** All that was added, whole lines in each piece; to be read before the next `clear`. */
  pieces(): Uint8Array[] {
    return this.#used > 0 ? [...this.#full, this.#piece.subarray(0, this.#used)] : [];
  }

  /** Forgets all that was added. */
  clear(): void {
    for (const { buffer } of this.#full) {
      if (buffer.byteLength === pieceBytes && this.#spare.length < maxSpare) this.#spare.push(new Uint8Array(buffer));
    }
    this.#full = [];
    this.#used = 0;
  }
}
