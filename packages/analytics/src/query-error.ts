/** A statement failed. `sql` is the text, for whoever must show or mend it. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly sql: string;

  constructor(sql: string, cause: unknown) {
    super(`${saidBy(cause)}\n${sql}`, { cause });
    this.sql = sql;
  }
}

/** What was said, with the addresses in it cut before `?` and `#`: a presigned one holds a key. */
export function saidBy(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  return said.replace(/(https?:\/\/[^\s"'?#]+)[?#][^\s"']*/g, '$1');
}

/** The database or the lake could not be opened; `cause` holds what the browser said. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
}
