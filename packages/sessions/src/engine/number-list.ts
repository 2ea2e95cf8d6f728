/** A list of whole numbers below 2^31. */
export class NumberList {
  #numbers = new Int32Array(64);
  #length = 0;

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const longer = new Int32Array(this.#length * 2);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.#length] = number;
    this.#length += 1;
  }

  /** The numbers, which are gone from the list. Valid until the next `push`. */
  take(): Int32Array {
    const taken = this.#numbers.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }
}
