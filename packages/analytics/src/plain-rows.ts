import { type Data, DataType, type RecordBatch, type Table, Type, type Utf8 } from 'apache-arrow';

import { textValues } from './text-values.ts';

/** Turns an Arrow table into objects of plain values: numbers, strings, booleans, Date, arrays, objects and null. */
export function plainRows<Row>(table: Table): Row[] {
  return table.batches.flatMap((batch) => rowsOf(batch) as Row[]);
}

function rowsOf(batch: RecordBatch): Record<string, unknown>[] {
  const columns = batch.schema.fields.map((field, index) => {
    return { name: field.name, read: reader(field.type), at: valuesOf(batch, index) };
  });
  return Array.from({ length: batch.numRows }, (_, row) => {
    const entries: Record<string, unknown> = {};
    for (const { name, read, at } of columns) {
      const value = at(row);
      entries[name] = value === null ? null : read(value);
    }
    return entries;
  });
}

function valuesOf(batch: RecordBatch, index: number): (row: number) => unknown {
  const vector = batch.getChildAt(index);
  const [data] = vector?.data ?? [];
  if (!data || !DataType.isUtf8(data.type)) return (row) => vector?.get(row) ?? null;
  const texts = textValues(data as Data<Utf8>);
  return (row) => texts[row] ?? null;
}

type Reader = (value: unknown) => unknown;

function reader(type: DataType): Reader {
  switch (type.typeId) {
    case Type.Timestamp:
    case Type.Date:
      return (value) => new Date(Number(value));
    case Type.List:
      return (value) => readList(value, type.children[0]?.type);
    case Type.Map:
      return (value) => readMap(value, type.children[0]?.type);
    case Type.Struct:
      return (value) => readStruct(value, type);
    default:
      return (value) => (typeof value === 'bigint' ? safeNumber(value) : value);
  }
}

/** A whole number as a number where that loses nothing, else as a bigint. */
function safeNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readList(value: unknown, type: DataType | undefined): unknown {
  const read = type ? reader(type) : (item: unknown) => item;
  return Array.from(value as Iterable<unknown>, (item) => (item === null ? null : read(item)));
}

function readMap(value: unknown, entry: DataType | undefined): unknown {
  const valueType = entry?.children[1]?.type;
  const read = valueType ? reader(valueType) : (item: unknown) => item;
  return Object.fromEntries(
    Array.from(value as Iterable<[unknown, unknown]>, ([key, item]) => [
      String(key),
      item === null ? null : read(item),
    ]),
  );
}

function readStruct(value: unknown, type: DataType): unknown {
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(
    type.children.map((field) => {
      const item = fields[field.name] ?? null;
      return [field.name, item === null ? null : reader(field.type)(item)];
    }),
  );
}
