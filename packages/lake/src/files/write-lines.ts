import { open, rm } from 'node:fs/promises';

import { tables } from '@taphouse/schema';

import { quoteText } from '../sql/table-ddl.ts';
import type { Database } from './database.ts';
import type { ErasedUsers } from './erased-users.ts';
import { parquetOptions, sortOrder } from './parquet-writer.ts';

export interface LinesToWrite {
  /** JSON lines of events in UTF-8, whole ones in each piece. */
  lines: readonly Uint8Array[];
  /** Whether `received_at` never goes back in them. Then they are not sorted, which takes a quarter of it all. */
  inOrder: boolean;
  erased: ErasedUsers;
  /** Step by which `client_timestamp` is rounded down to ask `erased`, milliseconds. */
  stepMs: number;
}

/** Above the largest event; DuckDB sets aside buffers of twice this. */
const maxLineBytes = 2 * 1024 ** 2;

const columns = tables.rawdata.map(({ name, type }) => `${name}: '${type === 'TIMESTAMP' ? 'BIGINT' : type}'`);
const typed = tables.rawdata.map(({ name, type }) =>
  type === 'TIMESTAMP' ? `make_timestamp(${name} * 1000) AS ${name}` : name,
);

/**
 * Writes events to a Parquet file of `rawdata` from the text in which the log has them. DuckDB reads that itself, beside
 * the thread that runs JavaScript: 3.3 us of processor time an event, where handing it over by whole columns takes 5, most of
 * them on that thread.
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
      `COPY (SELECT ${typed.join(', ')} FROM ${readLines(linesPath, columns)} ${kept} ${inOrder ? '' : `ORDER BY ${sortOrder.rawdata}`})
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
  return `AS line ANTI JOIN (VALUES ${covered.join(', ')}) AS erased(user_id, until)
    ON line.user_id = erased.user_id AND line.client_timestamp - line.client_timestamp % ${stepMs} <= erased.until`;
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
