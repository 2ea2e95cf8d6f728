import { open, rm } from 'node:fs/promises';

import { ownColumns, ownKey, tables } from '@taphouse/schema';

import { quoteText } from '../sql/table-ddl.ts';
import type { Database } from './database.ts';
import type { ErasedUsers } from './erased-users.ts';
import { parquetOptions, sortOrder } from './parquet-writer.ts';

export interface LinesToWrite {
  /** As `Commit.lines` has them. */
  lines: readonly Uint8Array[];
  /** Whether `received_at` never goes back in them. Then they are not sorted, which takes a quarter of it all. */
  inOrder: boolean;
  erased: ErasedUsers;
  /** Step by which `client_timestamp` is rounded down to ask `erased`, milliseconds. */
  stepMs: number;
}

/** Above the largest event; DuckDB sets aside buffers of twice this. */
const maxLineBytes = 2 * 1024 ** 2;

const types = tables.rawdata.map(({ name, type }) => ({ name, type: type === 'TIMESTAMP' ? 'BIGINT' : type }));
const ownStruct = types.filter(({ name }) => ownColumns.includes(name)).map(({ name, type }) => `${name} ${type}`);
const columns = [
  ...types.map(({ name, type }) => `${name}: '${type}'`),
  `${ownKey}: 'STRUCT(${ownStruct.join(', ')})[]'`,
];
const typed = tables.rawdata.map(({ name, type }) =>
  type === 'TIMESTAMP' ? `make_timestamp(${name} * 1000) AS ${name}` : name,
);

/**
 * Writes events to a Parquet file of `rawdata` from text, which DuckDB reads itself, beside the thread that runs JavaScript: 1.7 us
 * of processor time for an event that has its own line, 1.3 for one of a line of 20. Handed over by whole columns an event takes more,
 * most of it on that thread.
 *
 * @param path a local file, overwritten
 * @throws Error as DuckDB words it, if a line is not the JSON of an event
 */
export async function writeLines(
  db: Database,
  { lines, inOrder, erased, stepMs }: LinesToWrite,
  path: string,
): Promise<void> {
  const linesPath = `${path}.jsonl`;
  try {
    await writePieces(linesPath, lines);
    const kept = await notErased(db, linesPath, erased, stepMs);
    await db.run(
      `COPY (SELECT ${typed.join(', ')} FROM ${eventsOf(linesPath)} AS line ${kept} ${inOrder ? '' : `ORDER BY ${sortOrder.rawdata}`})
       TO ${quoteText(path)} (${parquetOptions})`,
    );
  } finally {
    await rm(linesPath, { force: true });
  }
}

/** WHERE without the events that must not be stored, or nothing if there are none. */
async function notErased(db: Database, path: string, erased: ErasedUsers, stepMs: number): Promise<string> {
  if (erased.isEmpty) return '';
  const users = await db.rows(`SELECT DISTINCT user_id FROM ${readLines(path, ["user_id: 'VARCHAR'"])}`);
  const found = users.map(({ user_id }) => [String(user_id), erased.until(String(user_id))] as const);
  const covered = found.flatMap(([user, until]) => (until === undefined ? [] : [`(${quoteText(user)}, ${until})`]));
  if (covered.length === 0) return '';
  return `ANTI JOIN (VALUES ${covered.join(', ')}) AS erased(user_id, until)
    ON line.user_id = erased.user_id AND line.client_timestamp - line.client_timestamp % ${stepMs} <= erased.until`;
}

/** A row for each event: of a line that is one, or of each in `ownKey`. */
function eventsOf(path: string): string {
  const shared = types.map(({ name }) => name).filter((name) => !ownColumns.includes(name));
  const one = `[{${ownColumns.map((name) => `${name}: ${name}`).join(', ')}}]`;
  return `(SELECT unnest(coalesce(${ownKey}, ${one}), max_depth := 2), ${shared.join(', ')} FROM ${readLines(path, columns)})`;
}

function readLines(path: string, columns: readonly string[]): string {
  return `read_json(${quoteText(path)}, format = 'newline_delimited', columns = {${columns.join(', ')}}, maximum_object_size = ${maxLineBytes})`;
}

async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const piece of pieces) await file.appendFile(piece);
  } finally {
    await file.close();
  }
}
