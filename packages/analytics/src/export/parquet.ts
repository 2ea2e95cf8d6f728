import type { AsyncDuckDB, AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';

import type { Connection } from '../connect.ts';
import { QueryError } from '../query-error.ts';
import { type Question, textOf } from '../sql/question.ts';

/** The answer to a question as the bytes of a Parquet file, zstd. */
export async function parquetOf(lake: Connection, question: Question): Promise<Uint8Array<ArrayBuffer>> {
  const sql = `COPY (${textOf(question)}) TO 'export.parquet' (FORMAT PARQUET, COMPRESSION ZSTD)`;
  const write = async (db: AsyncDuckDB, session: AsyncDuckDBConnection): Promise<Uint8Array<ArrayBuffer>> => {
    try {
      await session.query(sql);
      return new Uint8Array(await db.copyFileToBuffer('export.parquet'));
    } catch (cause) {
      throw new QueryError(sql, cause);
    } finally {
      await db.dropFile('export.parquet');
    }
  };
  return lake.use(write, { focus: null });
}
