import { athenaViews, duckdbViews } from '@taphouse/sessions/sql';

import { UsageError } from './config.ts';

const dialects: Record<string, () => string[]> = { duckdb: () => duckdbViews(), athena: () => athenaViews() };

/** `taphouse views`: prints the views as SQL text, for a database that is not ours. */
export function printViews(dialect = 'duckdb'): void {
  const views = dialects[dialect];
  if (!views) throw new UsageError(`--dialect: ${dialect} is not one of ${Object.keys(dialects).join(', ')}`);
  console.log(
    views()
      .map((statement) => `${statement.trim()};`)
      .join('\n\n'),
  );
}
