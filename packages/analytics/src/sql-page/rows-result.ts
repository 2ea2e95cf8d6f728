import type { Table } from 'apache-arrow';

import { jsonText } from '../json-text.ts';
import { plainRows } from '../plain-rows.ts';
import type { ChartValue, QueryResult, ResultColumn, SortBy } from './query-result.ts';
import type { Cell } from './text-formats.ts';

/** The few rows of a statement that describes: DESCRIBE, SHOW, SUMMARIZE, EXPLAIN. */
export class RowsResult implements QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly rowCount: number;
  readonly #rows: readonly Cell[][];

  constructor(table: Table) {
    this.columns = table.schema.fields.map(({ name }) => ({ name, type: 'VARCHAR', kind: 'text' }));
    this.rowCount = table.numRows;
    this.#rows = plainRows<Record<string, unknown>>(table).map((row) =>
      this.columns.map(({ name }) => asCell(row[name])),
    );
  }

  async page(from: number, to: number, sortBy: SortBy | null): Promise<Cell[][]> {
    return this.#inOrder(sortBy).slice(from, to);
  }

  async values(columns: readonly number[], limit: number): Promise<ChartValue[][]> {
    return this.#rows.slice(0, limit).map((row) => columns.map((index) => row[index] ?? null));
  }

  async objects(from: number, to: number, sortBy: SortBy | null): Promise<Record<string, unknown>[]> {
    const rows = await this.page(from, to, sortBy);
    return rows.map((row) => Object.fromEntries(this.columns.map(({ name }, index) => [name, row[index] ?? null])));
  }

  async parquet(): Promise<Uint8Array> {
    throw new RangeError('Parquet: a description is no table; download CSV or JSON');
  }

  async drop(): Promise<void> {}

  #inOrder(sortBy: SortBy | null): readonly Cell[][] {
    if (!sortBy) return this.#rows;
    const turn = sortBy.direction === 'ascending' ? 1 : -1;
    return this.#rows.toSorted((one, other) => {
      const left = one[sortBy.column] ?? null;
      const right = other[sortBy.column] ?? null;
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return left < right ? -turn : left > right ? turn : 0;
    });
  }
}

function asCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : jsonText(value);
}
