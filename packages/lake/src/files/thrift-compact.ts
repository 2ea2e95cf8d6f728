/**
 * Reads and writes structs of Thrift's compact protocol without knowing their fields, so that nothing in them is lost:
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** Fields by their number, in the order in which they are written. */
export type ThriftStruct = Map<number, ThriftValue>;

export type ThriftValue =
  | { type: 'true' | 'false' }
  | { type: 'byte'; value: number }
  | { type: 'i16' | 'i32' | 'i64'; value: bigint }
  /** Of `double` the eight bytes. */
  | { type: 'double' | 'binary'; value: Uint8Array }
  | { type: 'list' | 'set'; of: WireType; value: ThriftValue[] }
  | { type: 'struct'; value: ThriftStruct };

/** In the order of their numbers on the wire. */
// prettier-ignore
const wireTypes = [
  'stop', 'true', 'false', 'byte', 'i16', 'i32', 'i64', 'double', 'binary', 'list', 'set', 'map', 'struct',
] as const;
type WireType = (typeof wireTypes)[number];

/**
 * The struct that these bytes begin with.
 *
 * @throws RangeError if they end within it, or hold a type that Parquet's metadata has not (map, uuid)
 */
export function decodeThrift(bytes: Uint8Array): ThriftStruct {
  return new Decoder(bytes).struct();
}

/** The bytes of a struct. */
export function encodeThrift(struct: ThriftStruct): Uint8Array {
  const encoder = new Encoder();
  encoder.struct(struct);
  return Uint8Array.from(encoder.bytes);
}

class Decoder {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(): ThriftStruct {
    const fields: ThriftStruct = new Map();
    for (let id = 0, head = this.#byte(); head !== 0; head = this.#byte()) {
      const step = head >> 4;
      id = step === 0 ? Number(this.#zigzag()) : id + step;
      fields.set(id, this.#value(typeOf(head & 15)));
    }
    return fields;
  }

  #value(type: WireType): ThriftValue {
    switch (type) {
      case 'true':
      case 'false':
        return { type };
      case 'byte':
        return { type, value: this.#byte() };
      case 'i16':
      case 'i32':
      case 'i64':
        return { type, value: this.#zigzag() };
      case 'double':
        return { type, value: this.#take(8) };
      case 'binary':
        return { type, value: this.#take(Number(this.#varint())) };
      case 'list':
      case 'set':
        return this.#list(type);
      case 'struct':
        return { type, value: this.struct() };
      default:
        throw new RangeError(`thrift: type ${type} at byte ${this.#at} is not read`);
    }
  }

  #list(type: 'list' | 'set'): ThriftValue {
    const head = this.#byte();
    const of = typeOf(head & 15);
    const isBoolean = of === 'true' || of === 'false';
    const length = head >> 4 === 15 ? Number(this.#varint()) : head >> 4;
    const value: ThriftValue[] = [];
    // In a list a boolean is a byte; in a field it is the type.
    while (value.length < length) value.push(this.#value(isBoolean ? typeOf(this.#byte()) : of));
    return { type, of, value };
  }

  #zigzag(): bigint {
    const number = this.#varint();
    return (number >> 1n) ^ -(number & 1n);
  }

  #varint(): bigint {
    let number = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      number |= BigInt(byte & 127) << shift;
      if (byte < 128) return number;
    }
  }

  #byte(): number {
    return this.#take(1)[0] as number;
  }

  #take(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length)
      throw new RangeError(`thrift: ends at byte ${this.#bytes.length}, within a value`);
    return this.#bytes.subarray(start, this.#at);
  }
}

class Encoder {
  readonly bytes: number[] = [];

  struct(fields: ThriftStruct): void {
    let before = 0;
    for (const [id, value] of fields) {
      const step = id - before;
      const isNear = step > 0 && step < 16;
      this.bytes.push((isNear ? step << 4 : 0) | numberOf(value.type));
      if (!isNear) this.#zigzag(BigInt(id));
      this.#value(value);
      before = id;
    }
    this.bytes.push(0);
  }

  #value(value: ThriftValue): void {
    switch (value.type) {
      case 'true':
      case 'false':
        return;
      case 'byte':
        this.bytes.push(value.value);
        return;
      case 'i16':
      case 'i32':
      case 'i64':
        return this.#zigzag(value.value);
      case 'double':
        return this.#give(value.value);
      case 'binary':
        this.#varint(BigInt(value.value.length));
        return this.#give(value.value);
      case 'list':
      case 'set':
        return this.#list(value.of, value.value);
      case 'struct':
        return this.struct(value.value);
    }
  }

  #list(of: WireType, values: readonly ThriftValue[]): void {
    const isShort = values.length < 15;
    this.bytes.push(((isShort ? values.length : 15) << 4) | numberOf(of));
    if (!isShort) this.#varint(BigInt(values.length));
    for (const value of values) {
      if (value.type === 'true' || value.type === 'false') this.bytes.push(numberOf(value.type));
      else this.#value(value);
    }
  }

  #zigzag(number: bigint): void {
    this.#varint(BigInt.asUintN(64, (number << 1n) ^ (number >> 63n)));
  }

  #varint(number: bigint): void {
    let rest = number;
    for (; rest > 127n; rest >>= 7n) this.bytes.push(Number(rest & 127n) | 128);
    this.bytes.push(Number(rest));
  }

  #give(bytes: Uint8Array): void {
    for (const byte of bytes) this.bytes.push(byte);
  }
}

function typeOf(number: number): WireType {
  const type = wireTypes[number];
  if (!type) throw new RangeError(`thrift: ${number} is no type`);
  return type;
}

function numberOf(type: WireType): number {
  return wireTypes.indexOf(type);
}
