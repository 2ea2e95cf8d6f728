/**
 * The lake in a folder: Parquet written and read by DuckDB, behind the manifests of `@taphouse/lake`.
 * Takes commits and merges files; it decides no window and knows no stream.
 */
export { directoryStore } from './directory-store.ts';
export { EraseError, type EraseOptions, type EraseReport } from './erase-users.ts';
export { type ErasedUsers } from './erased-users.ts';
export { type FileStore, type LocalFile } from './file-store.ts';
export { type ImportOptions, type ImportProgress, type ImportReport } from './import-files.ts';
export { type CompactOptions, type Lake, type LakeOptions, type LakePlace, openLake } from './lake.ts';
export { type CompactReport } from './merge-files.ts';
export {
  type CheckReport,
  type DayRange,
  ResessionizeError,
  type ResessionizeOptions,
  type ResessionizeReport,
} from './resessionize.ts';
export { type RetainOptions, type RetainReport } from './retain-days.ts';
export {
  type ChunkedResult,
  type ExportFormat,
  type ExportOptions,
  type LakeQuery,
  type QueryResult,
  type QueryRow,
  type QueryValue,
  openQuery,
} from './open-query.ts';
export { type VerifyReport } from './verify-lake.ts';
