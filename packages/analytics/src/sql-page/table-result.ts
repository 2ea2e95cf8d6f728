import type { AsyncDuckDB, AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import type { Data, Table, Utf8 } from 'apache-arrow';

import type { Connection } from '../connect.ts';
import { plainRows } from '../plain-rows.ts';
import { sendQuery } from '../send-query.ts';
import { soundType } from '../sound-values.ts';
import { quoted } from '../sql/quoted.ts';
import { textValues } from '../text-values.ts';
import { type ChartValue, columnKind, type QueryResult, type ResultColumn, type SortBy } from './query-result.ts';
import type { Cell } from './text-formats.ts';

/** A result kept in a temporary table, so that a page, a sort or a file asks nothing of the lake again. */
export class TableResult implements QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly rowCount: number;
  readonly #lake: Connection;
  readonly #table: string;
  #sorted: SortBy | null = null;

  private constructor(lake: Connection, table: string, columns: readonly ResultColumn[], rowCount: number) {
    this.#lake = lake;
    this.#table = table;
    this.columns = columns;
    this.rowCount = rowCount;
  }

  /** Takes over a table that exists. */
  static async of(lake: Connection, table: string): Promise<TableResult> {
    const [described, [count]] = await lake.use(async (_, session) => [
      plainRows<{ column_name: string; column_type: string }>(await sendQuery(session, `DESCRIBE ${table}`)),
      plainRows<{ n: number }>(await sendQuery(session, `SELECT count(*) AS n FROM ${table}`)),
    ]);
    const columns = described.map(({ column_name: name, column_type: type }) => ({
      name,
      type,
      kind: columnKind(type),
    }));
    return new TableResult(lake, table, columns, count?.n ?? 0);
  }

  async page(from: number, to: number, sortBy: SortBy | null): Promise<Cell[][]> {
    const cells = this.columns.map(({ name }, index) => `CAST(${quoted(name)} AS VARCHAR) AS c${index}`);
    const table = await this.#rows(cells, from, to, sortBy);
    return table.batches.flatMap(({ data, numRows }) => {
      const columns = data.children.map((column) => textValues(column as Data<Utf8>));
      return Array.from({ length: numRows }, (_, row) => columns.map((texts): Cell => texts[row] ?? null));
    });
  }

  async values(columns: readonly number[], limit: number): Promise<ChartValue[][]> {
    const wanted = columns.flatMap((index) => this.columns[index] ?? []);
    const cells = wanted.map((column, index) => `${chartable(column)} AS c${index}`);
    const table = await this.#rows(cells, 0, limit, null);
    const vectors = wanted.map((_, index) => table.getChildAt(index));
    return Array.from({ length: table.numRows }, (_, row) =>
      vectors.map((vector, index) => {
        const value = (vector?.get(row) as string | number | null | undefined) ?? null;
        return value !== null && wanted[index]?.kind === 'time' ? new Date(value) : value;
      }),
    );
  }

  async objects(from: number, to: number, sortBy: SortBy | null): Promise<Record<string, unknown>[]> {
    if (!this.columns.some(({ type }) => isNested(type))) return this.#flatObjects(await this.page(from, to, sortBy));
    const cells = this.columns.map(
      ({ name, type }, index) =>
        `CAST(${quoted(name)} AS ${isNested(type) ? soundType(type) : 'VARCHAR'}) AS c${index}`,
    );
    const rows = plainRows<Record<string, unknown>>(await this.#rows(cells, from, to, sortBy));
    return rows.map((row) =>
      Object.fromEntries(this.columns.map((column, index) => [column.name, plainValue(row[`c${index}`], column)])),
    );
  }

  #flatObjects(rows: readonly Cell[][]): Record<string, unknown>[] {
    return rows.map((row) => {
      const object: Record<string, unknown> = {};
      for (const [index, column] of this.columns.entries())
        object[column.name] = plainValue(row[index] ?? null, column);
      return object;
    });
  }

  async parquet(sortBy: SortBy | null): Promise<Uint8Array> {
    return this.#lake.use(async (db, session) => {
      const source = await this.#source(session, sortBy);
      const file = `${this.#table}.parquet`;
      await session.query(`COPY ${source} TO '${file}' (FORMAT PARQUET, COMPRESSION ZSTD)`);
      try {
        return await db.copyFileToBuffer(file);
      } finally {
        await dropQuietly(db, file);
      }
    });
  }

  async drop(): Promise<void> {
    await this.#lake.use(async (_, session) => {
      await session.query(`DROP TABLE IF EXISTS ${this.#table}`);
      await session.query(`DROP TABLE IF EXISTS ${this.#sortedTable}`);
    });
  }

  get #sortedTable(): string {
    return `${this.#table}_sorted`;
  }

  /** LIMIT before the casts, so that a page casts its own rows only. */
  #rows(cells: readonly string[], from: number, to: number, sortBy: SortBy | null): Promise<Table> {
    return this.#lake.use(async (_, session) => {
      const source = await this.#source(session, sortBy);
      return session.query(
        `SELECT ${cells.join(', ')} FROM (SELECT * FROM ${source} LIMIT ${to - from} OFFSET ${from}) AS page`,
      );
    });
  }

  /** The table in the order asked for; sorted once, and then read from the sorted copy. */
  async #source(session: AsyncDuckDBConnection, sortBy: SortBy | null): Promise<string> {
    const column = sortBy && this.columns[sortBy.column];
    if (!column || this.rowCount < 2) return this.#table;
    if (this.#sorted?.column === sortBy.column && this.#sorted.direction === sortBy.direction) return this.#sortedTable;
    this.#sorted = null;
    const order = `${quoted(column.name)} ${sortBy.direction === 'ascending' ? 'ASC' : 'DESC'} NULLS LAST, rowid`;
    await session.query(
      `CREATE OR REPLACE TEMP TABLE ${this.#sortedTable} AS SELECT * FROM ${this.#table} ORDER BY ${order}`,
    );
    this.#sorted = sortBy;
    return this.#sortedTable;
  }
}

function chartable({ name, kind }: ResultColumn): string {
  if (kind === 'number') return `CAST(${quoted(name)} AS DOUBLE)`;
  if (kind === 'time') return `CAST(epoch_ms(CAST(${quoted(name)} AS TIMESTAMP)) AS DOUBLE)`;
  return `CAST(${quoted(name)} AS VARCHAR)`;
}

/** Lists, maps and structs, which JSON can hold as they are. */
function isNested(type: string): boolean {
  return type.endsWith(']') || type.startsWith('MAP(') || type.startsWith('STRUCT(');
}

/** Text as JSON should say it: numbers that lose nothing, booleans, times with a zone. */
function plainValue(value: unknown, { type, kind }: ResultColumn): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'BOOLEAN') return value === 'true';
  // Not `infinity`, nor years before Christ.
  if (type.startsWith('TIMESTAMP') && /^\d{4,}-[^(]*$/.test(value))
    return `${value.replace(' ', 'T').replace(/\+00$/, '')}Z`;
  if (kind !== 'number') return value;
  const number = Number(value);
  return Number.isFinite(number) && (!/^-?\d+$/.test(value) || Number.isSafeInteger(number)) ? number : value;
}

async function dropQuietly(db: AsyncDuckDB, file: string): Promise<void> {
  try {
    await db.dropFile(file);
  } catch {
    // The file is only a buffer in memory; it goes with the worker.
  }
}
