import type { AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import { type SessionRow, tables } from '@taphouse/schema';

import { plainRows } from './plain-rows.ts';
import { sendQuery } from './send-query.ts';

/** A row that no file has brought after this long is forgotten: its window may have been erased. */
const keptMs = 10 * 60_000;
/** Most rows held; of more, the newest. They are few where files come every few seconds. */
const mostRows = 5000;
const columns = tables.aggregated;

/**
 * Rows of windows that have just closed, in a table of the database until a file brings them. The views count a row
 * once however often it is there, by its `row_id`.
 */
export class LiveRows {
  /** What to read FROM. */
  readonly table = 'taphouse_live';
  readonly #held = new Map<string, { row: SessionRow; heardAt: number }>();
  #changed = true;

  hear(rows: readonly SessionRow[], nowAt: number): void {
    for (const row of rows) this.#held.set(row.row_id, { row, heardAt: nowAt });
    for (const id of this.#held.keys()) {
      if (this.#held.size <= mostRows) break;
      this.#held.delete(id);
    }
    this.#changed ||= rows.length > 0;
  }

  /** A new worker has no table yet. */
  forgetTable(): void {
    this.#changed = true;
  }

  /** Writes the table anew if it is behind. */
  async write(session: AsyncDuckDBConnection, nowAt: number): Promise<void> {
    for (const [id, { heardAt }] of this.#held) if (nowAt - heardAt > keptMs) this.#drop(id);
    if (!this.#changed) return;
    // What is heard while it is written is for the next time.
    this.#changed = false;
    try {
      await this.#writeAll(session, [...this.#held.values()]);
    } catch (error) {
      this.#changed = true;
      throw error;
    }
  }

  async #writeAll(session: AsyncDuckDBConnection, held: readonly { row: SessionRow }[]): Promise<void> {
    await session.query(
      `CREATE OR REPLACE TABLE ${this.table} (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`,
    );
    const places = columns.map(({ type }) => (type === 'TIMESTAMP' ? 'epoch_ms(CAST(? AS BIGINT))' : '?'));
    const statement = await session.prepare(`INSERT INTO ${this.table} VALUES (${places.join(', ')})`);
    for (const { row } of held) {
      await statement.query(...columns.map(({ name }) => row[name as keyof SessionRow]));
    }
    await statement.close();
  }

  /** Forgets the rows that these files have brought. @param query the rows of the files that may hold some */
  async forgetThoseIn(session: AsyncDuckDBConnection, query: string): Promise<void> {
    if (this.#held.size === 0) return;
    const sql = `SELECT row_id FROM (${query}) AS files SEMI JOIN ${this.table} AS live USING (row_id)`;
    for (const { row_id } of plainRows<{ row_id: string }>(await sendQuery(session, sql))) this.#drop(row_id);
  }

  /** When the oldest row's window begins; Infinity where there is none. */
  get fromAt(): number {
    return [...this.#held.values()].reduce((first, { row }) => Math.min(first, row.timeagg), Infinity);
  }

  #drop(id: string): void {
    this.#held.delete(id);
    this.#changed = true;
  }
}
