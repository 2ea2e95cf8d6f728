import { type ChartChoice, fitChart } from './chart-choice.ts';
import type { Outcome } from './lake-session.ts';
import type { RunEntry, TabRun } from './run-entry.ts';
import type { Statement } from './statements.ts';

/** What each tab last ran, by the tab's id. */
export type TabRuns = ReadonlyMap<string, TabRun>;

/** The same with one tab's run in place of what it had. */
export function withRun(runs: TabRuns, tab: string, run: TabRun): TabRuns {
  return new Map(runs).set(tab, run);
}

/** The same with one statement more, or with another end of the last one; it is the one shown. */
export function withEntry(runs: TabRuns, tab: string, { entry, as }: { entry: RunEntry; as: 'new' | 'last' }): TabRuns {
  const entries = [...(runs.get(tab)?.entries ?? [])];
  if (as === 'last') entries.pop();
  entries.push(entry);
  return withRun(runs, tab, { entries, shown: entries.length - 1 });
}

/** The same with rows looked at in another way. */
export function withLook(
  runs: TabRuns,
  tab: string,
  { entry, change }: { entry: RunEntry; change: Partial<Extract<RunEntry, { state: 'rows' }>> },
): TabRuns {
  const run = runs.get(tab);
  if (!run || entry.state !== 'rows') return runs;
  const entries = run.entries.map((each) => (each === entry ? { ...entry, ...change } : each));
  return withRun(runs, tab, { ...run, entries });
}

/** Lets go of the rows that a run holds. */
export async function dropRows(run: TabRun | undefined): Promise<void> {
  for (const entry of run?.entries ?? []) if (entry.state === 'rows') await entry.result.drop();
}

/** The same without one tab's run. */
export function withoutRun(runs: TabRuns, tab: string): TabRuns {
  const rest = new Map(runs);
  rest.delete(tab);
  return rest;
}

/** The same after the worker that held the rows has ended. */
export function withoutRows(runs: TabRuns): TabRuns {
  return new Map([...runs].map(([tab, run]) => [tab, { ...run, entries: run.entries.map(goneIfRows) }]));
}

function goneIfRows(entry: RunEntry): RunEntry {
  return entry.state === 'rows' ? { statement: entry.statement, state: 'gone' } : entry;
}

/** @param wanted the chart that an example asks for */
export function entryOf(statement: Statement, outcome: Outcome, wanted: Partial<ChartChoice> | undefined): RunEntry {
  if (outcome.kind === 'over') return { statement, state: 'over', ...outcome };
  if (outcome.kind === 'plan') return { statement, state: 'plan', plan: outcome.plan };
  if (outcome.kind === 'done') return { statement, state: 'done', stats: outcome.stats };
  const { result, stats, plan } = outcome;
  const chart = plan === null ? null : fitChart(wanted ?? {}, result.columns, result.rowCount);
  const view = wanted && chart && result.rowCount > 1 ? 'chart' : 'table';
  return { statement, state: 'rows', result, stats, plan, chart, view, sortBy: null };
}
