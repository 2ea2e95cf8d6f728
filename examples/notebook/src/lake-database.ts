import type { Connection, Value } from '@taphouse/analytics';

type Row = Record<string, unknown>;

/** What a SQL cell of a notebook asks of a database: one method, called as a template. */
export interface LakeDatabase {
  /** The text between `${...}` is SQL; what stands in them is bound, never part of the text. */
  sql(strings: readonly string[], ...values: Value[]): Promise<Row[]>;
}

/**
 * A lake as the database of SQL cells: one now and, if `live`, another after each commit, at which the cells that
 * use it run again.
 *
 * @param options.everyMs how often to look for a commit, milliseconds; default 3,000
 */
export async function* follow(
  lake: Connection,
  { live, everyMs = 3000 }: { live: boolean; everyMs?: number },
): AsyncGenerator<LakeDatabase> {
  yield database(lake);
  while (live) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    if (await lake.refresh()) yield database(lake);
  }
}

function database(lake: Connection): LakeDatabase {
  return { sql: (strings, ...values) => lake.query(strings.join('?'), values) };
}
