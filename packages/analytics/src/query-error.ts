/** A statement failed. `sql` is the text, for whoever must show or mend it. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly sql: string;

  constructor(sql: string, cause: unknown) {
    super(`${cause instanceof Error ? cause.message : String(cause)}\n${sql}`, { cause });
    this.sql = sql;
  }
}

/** The database or the lake could not be opened; `cause` holds what the browser said. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
}
