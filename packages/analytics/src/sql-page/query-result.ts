import type { Cell } from './text-formats.ts';

/** What a value is, as far as sorting it to a side, drawing it and writing it as JSON go. */
export type ColumnKind = 'number' | 'time' | 'text' | 'other';

export interface ResultColumn {
  /** As DuckDB names it; a second `a` is `a:1`. */
  name: string;
  /** DuckDB's type, such as `TIMESTAMP` or `MAP(VARCHAR, VARCHAR)`. */
  type: string;
  kind: ColumnKind;
}

/** The order of the rows: as they came, or by one column; NULL last. */
export interface SortBy {
  column: number;
  direction: 'ascending' | 'descending';
}

/** One point of a chart. */
export type ChartValue = number | Date | string | null;

/** The rows of one statement, kept in the database; pages of them are read as they are looked at. */
export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly rowCount: number;
  /** Rows [from, to) in the order of `sortBy`, each cell as DuckDB writes it. */
  page(from: number, to: number, sortBy: SortBy | null): Promise<Cell[][]>;
  /** Values of some columns for a chart, at most `limit` rows in the order they came. */
  values(columns: readonly number[], limit: number): Promise<ChartValue[][]>;
  /** Rows [from, to) as plain values, in the order of `sortBy`. */
  objects(from: number, to: number, sortBy: SortBy | null): Promise<Record<string, unknown>[]>;
  /** All rows as a Parquet file (zstd), in the order of `sortBy`. */
  parquet(sortBy: SortBy | null): Promise<Uint8Array>;
  /** Lets go of the rows. */
  drop(): Promise<void>;
}

/** The kind of a DuckDB type. */
export function columnKind(type: string): ColumnKind {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/.test(type)) return 'number';
  if (/^(TIMESTAMP|DATE)/.test(type) && !type.endsWith(']')) return 'time';
  return type === 'VARCHAR' ? 'text' : 'other';
}
