import { isWide, readText, writeText } from './text.ts';

/** Writes numbers and texts one behind the other. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** UTF-16 units, so that any string comes back as it was; a byte each where all are below 256. */
  text(value: string): void {
    const wide = isWide(value);
    this.uint32(value.length * 2 + (wide ? 1 : 0));
    this.#reserve(value.length * 2);
    writeText(this.#bytes, this.#length, value, value.length, wide);
    this.#length += wide ? value.length * 2 : value.length;
  }

  /** Where the next value will be, to `setUint32` later. */
  get length(): number {
    return this.#length;
  }

  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const longer = new Uint8Array(Math.max(this.#length + count, this.#bytes.length * 2));
    longer.set(this.#bytes);
    this.#bytes = longer;
    this.#view = new DataView(longer.buffer);
  }
}

/** Reads what a `ByteWriter` wrote. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  double(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  text(): string {
    const header = this.uint32();
    const wide = (header & 1) === 1;
    const length = header >>> 1;
    this.#at += wide ? length * 2 : length;
    return readText(this.#bytes, this.#at - (wide ? length * 2 : length), length, wide);
  }
}
