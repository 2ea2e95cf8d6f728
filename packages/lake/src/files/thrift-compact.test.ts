import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { decodeThrift, encodeThrift, type ThriftStruct, type ThriftValue } from './thrift-compact.ts';

const integer = (bits: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n });

const { struct } = fc.letrec<{ struct: ThriftStruct; value: ThriftValue }>((tie) => {
  const value = fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<ThriftValue>({ type: 'true' }, { type: 'false' }),
    fc.record({ type: fc.constant('byte' as const), value: fc.nat(255) }),
    ...(['i16', 'i32', 'i64'] as const).map((type) =>
      fc.record({ type: fc.constant(type), value: integer(Number(type.slice(1))) }),
    ),
    fc.record({ type: fc.constant('double' as const), value: fc.uint8Array({ minLength: 8, maxLength: 8 }) }),
    fc.record({ type: fc.constant('binary' as const), value: fc.uint8Array({ maxLength: 300 }) }),
    fc
      .array(fc.constantFrom<ThriftValue>({ type: 'true' }, { type: 'false' }), { maxLength: 40 })
      .map((list): ThriftValue => ({ type: 'list', of: 'true', value: list })),
    fc.array(integer(32), { maxLength: 40 }).map((list): ThriftValue => ({
      type: 'set',
      of: 'i32',
      value: list.map((each) => ({ type: 'i32', value: each })),
    })),
    fc.array(tie('struct'), { maxLength: 20 }).map((list): ThriftValue => ({
      type: 'list',
      of: 'struct',
      value: list.map((each) => ({ type: 'struct', value: each })),
    })),
    tie('struct').map((each): ThriftValue => ({ type: 'struct', value: each })),
  );
  return {
    value,
    struct: fc
      .array(fc.tuple(fc.integer({ min: 1, max: 32_767 }), tie('value')), { maxLength: 8 })
      .map((fields) => new Map(fields)),
  };
});

it('what was written is read as it was', () => {
  fc.assert(
    fc.property(struct, (fields) => {
      expect(decodeThrift(encodeThrift(fields))).toEqual(fields);
    }),
  );
});

it('what ends within a value is refused', () => {
  fc.assert(
    fc.property(struct, (fields) => {
      const bytes = encodeThrift(fields);
      expect(() => decodeThrift(bytes.subarray(0, -1))).toThrow(RangeError);
    }),
  );
});

it('as the specification writes it', () => {
  // Field 1, an i32: 150 as a zigzag varint. Field 2, binary: its length, its bytes. Field 4: true. Field 20: its number as a zigzag varint.
  const bytes = Uint8Array.from([0x15, 0xac, 0x02, 0x18, 2, 0x6f, 0x6b, 0x21, 0x02, 40, 0]);
  const fields = new Map<number, ThriftValue>([
    [1, { type: 'i32', value: 150n }],
    [2, { type: 'binary', value: new TextEncoder().encode('ok') }],
    [4, { type: 'true' }],
    [20, { type: 'false' }],
  ]);
  expect(decodeThrift(bytes)).toEqual(fields);
  // A step of up to 15 is in the head of a field.
  expect([...encodeThrift(fields)]).toEqual([...bytes.subarray(0, 8), 0x02, 40, 0]);
});

it.each([
  ['a map', [0x1b, 0x00, 0x00]],
  ['a type there is none of', [0x1f, 0x00, 0x00]],
])('%s is refused', (_, bytes) => {
  expect(() => decodeThrift(Uint8Array.from(bytes))).toThrow(RangeError);
});
