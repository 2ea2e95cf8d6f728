import { duckdbViews } from '@taphouse/sessions/sql';

import { UsageError } from './config.ts';

/** `taphouse views`: prints the views as SQL text, for a database that is not ours. */
export function printViews(dialect = 'duckdb'): void {
  if (dialect !== 'duckdb') throw new UsageError(`--dialect: ${dialect} is not known; duckdb is`);
  console.log(
    duckdbViews()
      .map((statement) => `${statement.trim()};`)
      .join('\n\n'),
  );
}
