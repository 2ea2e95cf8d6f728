import { createReadStream, createWriteStream } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

import { decodeThrift, encodeThrift, type ThriftStruct } from './thrift-compact.ts';

/** Numbers of fields: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
const ofFile = { rows: 3, rowGroups: 4 };
const ofRowGroup = { columns: 1, fileOffset: 5, ordinal: 7 };
const ofColumn = { fileOffset: 2, metadata: 3, offsetIndex: 4, columnIndex: 6 };
const ofMetadata = { dataPage: 9, indexPage: 10, dictionaryPage: 11, bloomFilter: 14 };

const magic = Buffer.from('PAR1');
/** The footer's length and the magic word behind it. */
const tailBytes = 8;

/** A file whose rows are fewer in the mean row group is better written anew. Half of what a row group may have. */
const leastRows = 61_440;

interface Footer {
  path: string;
  metadata: ThriftStruct;
  /** Where it begins, bytes; all before it are row groups and their filters. */
  at: number;
}

/**
 * Joins Parquet files by copying their row groups as they are, which spares reading and writing the rows. DuckDB cannot,
 * hence by hand: the bytes are copied, and the offsets in the footer moved.
 *
 * @param paths local files, two or more, in the order of their rows
 * @param target a local file, overwritten
 * @returns false, and writes nothing, if their columns or writers differ, or if their row groups are small
 * @throws Error if one is no Parquet file
 */
export async function joinParquet(paths: readonly string[], target: string): Promise<boolean> {
  const footers = await Promise.all(paths.map(readFooter));
  const [first] = footers;
  const [kind, ...kinds] = footers.map(({ metadata }) => kindOf(metadata));
  if (!first || !kind || kinds.some((other) => Buffer.compare(other, kind) !== 0)) return false;
  const rows = footers.reduce((sum, { metadata }) => sum + numberIn(metadata, ofFile.rows), 0n);
  const rowGroups = footers.flatMap(({ metadata }) => structsIn(metadata, ofFile.rowGroups));
  if (rows < leastRows * rowGroups.length) return false;

  await writeFile(target, magic);
  let end = magic.length;
  for (const { path, metadata, at } of footers) {
    await pipeline(
      createReadStream(path, { start: magic.length, end: at - 1 }),
      createWriteStream(target, { flags: 'a' }),
    );
    for (const rowGroup of structsIn(metadata, ofFile.rowGroups)) moveRowGroup(rowGroup, BigInt(end - magic.length));
    end += at - magic.length;
  }
  for (const [index, rowGroup] of rowGroups.entries()) {
    if (rowGroup.has(ofRowGroup.ordinal)) rowGroup.set(ofRowGroup.ordinal, { type: 'i16', value: BigInt(index) });
  }
  const joined = encodeThrift(
    new Map(first.metadata).set(ofFile.rows, { type: 'i64', value: rows }).set(ofFile.rowGroups, {
      type: 'list',
      of: 'struct',
      value: rowGroups.map((value) => ({ type: 'struct', value })),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(joined.length);
  await writeFile(target, Buffer.concat([joined, length, magic]), { flag: 'a' });
  return true;
}

async function readFooter(path: string): Promise<Footer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await readAt(size - tailBytes, tailBytes);
    if (!tail.subarray(4).equals(magic)) throw new Error(`${path}: not a Parquet file, or not all of one`);
    const at = size - tailBytes - tail.readUInt32LE();
    return { path, metadata: decodeThrift(await readAt(at, size - tailBytes - at)), at };
  } finally {
    await file.close();
  }

  async function readAt(position: number, length: number): Promise<Buffer> {
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position });
    return buffer;
  }
}

/** What a footer says but of its rows: columns, version, writer. */
function kindOf(metadata: ThriftStruct): Uint8Array {
  const kind = new Map(metadata);
  kind.delete(ofFile.rows);
  kind.delete(ofFile.rowGroups);
  return encodeThrift(kind);
}

function moveRowGroup(rowGroup: ThriftStruct, by: bigint): void {
  move(rowGroup, ofRowGroup.fileOffset, by);
  for (const column of structsIn(rowGroup, ofRowGroup.columns)) {
    for (const id of [ofColumn.fileOffset, ofColumn.offsetIndex, ofColumn.columnIndex]) move(column, id, by);
    const metadata = column.get(ofColumn.metadata);
    if (metadata?.type !== 'struct') continue;
    for (const id of Object.values(ofMetadata)) move(metadata.value, id, by);
  }
}

/** Adds to an offset, if there is one: 0 says that there is none. */
function move(struct: ThriftStruct, id: number, by: bigint): void {
  const offset = numberIn(struct, id);
  if (offset > 0n) struct.set(id, { type: 'i64', value: offset + by });
}

function numberIn(struct: ThriftStruct, id: number): bigint {
  const field = struct.get(id);
  return field && 'value' in field && typeof field.value === 'bigint' ? field.value : 0n;
}

function structsIn(struct: ThriftStruct, id: number): ThriftStruct[] {
  const field = struct.get(id);
  if (field?.type !== 'list') return [];
  return field.value.flatMap((each) => (each.type === 'struct' ? [each.value] : []));
}
