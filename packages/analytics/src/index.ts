/**
 * Questions to the lake, answered in the page: DuckDB-WASM in a worker over Parquet by range requests, and the
 * dashboard's elements. It writes nothing to the lake and fetches from no other host.
 */
export { type Connection, type ConnectOptions, connect, type RunOptions } from './connect.ts';
export { ConnectError, QueryError } from './query-error.ts';
export type { IdentityPool } from './sources/cognito-keys.ts';
export { chosenFiles, droppedFiles, type GivenFile, listenForDrop } from './sources/dropped-files.ts';
export type { AwsKeys } from './sources/presign.ts';
export type { Credentials } from './sources/s3-source.ts';
export type { DuckDbBundle } from './start-duckdb.ts';
export { queries } from './sql/queries.ts';
export { type Ask, type Question, textOf, type Value } from './sql/question.ts';
