const pieceBytes = 1024 ** 2;

/**
 * Lines of a commit as UTF-8, outside of what the garbage collector moves about: kept as text until they are written, they are
 * most of its work.
 */
export class LineBuffer {
  readonly #encoder = new TextEncoder();
  readonly #full: Uint8Array[] = [];
  #piece = new Uint8Array(0);
  #used = 0;

  /** @param text whole lines, without the last line feed */
  add(text: string): void {
    // A UTF-16 unit takes at most 3 bytes.
    const mostBytes = text.length * 3 + 1;
    if (this.#used + mostBytes > this.#piece.length) {
      if (this.#used > 0) this.#full.push(this.#piece.subarray(0, this.#used));
      this.#piece = new Uint8Array(Math.max(mostBytes, pieceBytes));
      this.#used = 0;
    }
    this.#used += this.#encoder.encodeInto(text, this.#piece.subarray(this.#used)).written;
    this.#piece[this.#used] = 0x0a;
    this.#used += 1;
  }

  /** All that was added, whole lines in each piece. */
  pieces(): Uint8Array[] {
    return this.#used > 0 ? [...this.#full, this.#piece.subarray(0, this.#used)] : [];
  }
}
