/**
 * What "session" means, as SQL text: said here once, for every engine. Text only: it runs nothing and imports nothing.
 */
export { type Relations, batchSessions, duckdbViews } from './duckdb.ts';
export { athenaBatchSessions, athenaSessionsWithin, athenaViews } from './athena.ts';
