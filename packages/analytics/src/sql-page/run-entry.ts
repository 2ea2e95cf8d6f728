import type { ChartChoice } from './chart-choice.ts';
import type { RunStats, StatementError } from './lake-session.ts';
import type { QueryResult, SortBy } from './query-result.ts';
import type { Statement } from './statements.ts';

/** How a result is looked at. */
export type ResultView = 'table' | 'chart' | 'plan';

/** One statement of a run, and how it ended. */
export type RunEntry = { statement: Statement } & (
  | { state: 'running' }
  | {
      state: 'rows';
      result: QueryResult;
      stats: RunStats;
      plan: string | null;
      view: ResultView;
      chart: ChartChoice | null;
      sortBy: SortBy | null;
    }
  | { state: 'done'; stats: RunStats }
  | { state: 'plan'; plan: string }
  | { state: 'over'; estimatedBytes: number; maxBytes: number }
  | { state: 'failed'; message: string; error: StatementError | null }
  | { state: 'stopped'; byLimit: boolean }
  /** The rows went with the worker that held them. */
  | { state: 'gone' }
);

/** What a tab shows under its text. */
export interface TabRun {
  entries: RunEntry[];
  shown: number;
}
