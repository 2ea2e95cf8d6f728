import type { Connection, Value } from '@taphouse/analytics';

type Row = Record<string, unknown>;

/** What a SQL cell of a notebook asks of a database: one method, called as a template. */
export interface LakeDatabase {
  /** The text between `${...}` is SQL; what stands in them is bound, never part of the text. */
  sql(strings: readonly string[], ...values: Value[]): Promise<Row[]>;
}

/**
 * A lake as the database of SQL cells: one as soon as it has sessions and, if `live`, another after each commit, at
 * which the cells that use it run again.
 *
 * @param options.everyMs how often to look for a commit, milliseconds; default 3,000
 */
export async function* follow(
  lake: Connection,
  { live, everyMs = 3000 }: { live: boolean; everyMs?: number },
): AsyncGenerator<LakeDatabase> {
  while (isEmpty(lake)) await look(lake, everyMs);
  yield database(lake);
  if (!live) return;
  for (;;) {
    if (await look(lake, everyMs)) yield database(lake);
  }
}

/** `message` for as long as the lake has no session, then nothing. */
export async function* waiting<T>(lake: Connection, message: T): AsyncGenerator<T | string> {
  if (isEmpty(lake)) yield message;
  while (isEmpty(lake)) await look(lake, 500);
  yield '';
}

function isEmpty(lake: Connection): boolean {
  return (lake.manifests().aggregated?.files.length ?? 0) === 0;
}

function database(lake: Connection): LakeDatabase {
  return { sql: (strings, ...values) => lake.query(strings.join('?'), values) };
}

/** Whether there is a commit since the last look. */
async function look(lake: Connection, afterMs: number): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  return lake.refresh();
}
