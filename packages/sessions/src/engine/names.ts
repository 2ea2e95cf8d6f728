/** Names of events as numbers. Names that no window holds are swept out when they have become many. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #free: number[] = [];
  #sweepAt = 4096;

  /** Names lately asked for, by length and last character, and their numbers: comparing two texts is quicker than hashing one. */
  readonly #recent = Array.from({ length: 64 }, () => '');
  readonly #recentNumbers = new Int32Array(64);

  numberOf(name: string): number {
    const place = (name.length * 5 + name.charCodeAt(name.length - 1)) & 63;
    if (name !== '' && this.#recent[place] === name) return this.#recentNumbers[place] as number;
    const number = this.#numberOf(name);
    this.#recent[place] = this.#names[number] as string;
    this.#recentNumbers[place] = number;
    return number;
  }

  #numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#free.pop() ?? this.#names.length;
    // A part of a record's text would keep all of it in memory.
    const own = JSON.parse(JSON.stringify(name)) as string;
    this.#names[number] = own;
    this.#numbers.set(own, number);
    return number;
  }

  nameOf(number: number): string {
    return this.#names[number] as string;
  }

  get needsSweep(): boolean {
    return this.#numbers.size > this.#sweepAt;
  }

  /** Keeps the numbers in use only. */
  sweep(used: Set<number>): void {
    this.#recent.fill('');
    for (const [name, number] of this.#numbers) {
      if (used.has(number)) continue;
      this.#numbers.delete(name);
      this.#names[number] = '';
      this.#free.push(number);
    }
    this.#sweepAt = Math.max(4096, this.#numbers.size * 2);
  }
}
