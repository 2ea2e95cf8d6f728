import { open, rm } from 'node:fs/promises';

import { tables } from '@taphouse/schema';

import { quoteText } from '../sql/table-ddl.ts';
import type { Database } from './database.ts';
import type { ErasedUsers } from './erased-users.ts';
import { parquetOptions, sortOrder } from './parquet-writer.ts';

export interface LinesToWrite {
  /** JSON lines of events, some in each text. */
  lines: readonly string[];
  erased: ErasedUsers;
  /** Step by which `client_timestamp` is rounded down to ask `erased`, milliseconds. */
  stepMs: number;
}

/** Written at once. */
const chunkBytes = 1024 ** 2;
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
export async function writeLines(db: Database, { lines, erased, stepMs }: LinesToWrite, path: string): Promise<void> {
  const linesPath = `${path}.jsonl`;
  try {
    await writeText(linesPath, lines);
    const kept = await notErased(db, linesPath, erased, stepMs);
    await db.run(
      `COPY (SELECT ${typed.join(', ')} FROM ${readLines(linesPath, columns)} ${kept} ORDER BY ${sortOrder.rawdata})
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

/**
 * Writes each text and a line feed. Encoded into one piece of memory: joined to a string and written as that, they take
 * 1 us of processor time an event more.
 */
async function writeText(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'w');
  const chunk = Buffer.allocUnsafeSlow(chunkBytes);
  let used = 0;
  try {
    for (const text of lines) {
      // A UTF-16 unit takes at most 3 bytes.
      const mostBytes = text.length * 3 + 1;
      if (used + mostBytes > chunkBytes) {
        await file.appendFile(chunk.subarray(0, used));
        used = 0;
      }
      if (mostBytes > chunkBytes) await file.appendFile(`${text}\n`);
      else {
        used += chunk.write(text, used);
        used = chunk.writeUInt8(0x0a, used);
      }
    }
    await file.appendFile(chunk.subarray(0, used));
  } finally {
    await file.close();
  }
}
