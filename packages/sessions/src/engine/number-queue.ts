/** First in, first out, of whole numbers below 2^31. */
export class NumberQueue {
  #ring = new Int32Array(64);
  #head = 0;
  length = 0;

  push(number: number): void {
    if (this.length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.length) & (this.#ring.length - 1)] = number;
    this.length += 1;
  }

  shift(): number {
    const number = this.at(0);
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.length -= 1;
    return number;
  }

  /** The number at `index` from the head. */
  at(index: number): number {
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)] as number;
  }

  #grow(): void {
    const longer = new Int32Array(this.#ring.length * 2);
    for (let i = 0; i < this.length; i += 1) longer[i] = this.at(i);
    this.#ring = longer;
    this.#head = 0;
  }
}
