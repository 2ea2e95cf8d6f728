/**
 * What a lake is: objects, and one manifest a table that says which of them are live. A commit is new files first,
 * then the manifest replaced at once, so a reader never sees half of one.
 * No disk, no network and no DuckDB here: `./files` has those.
 */
export { createTable, createView } from './sql/table-ddl.ts';
export {
  ManifestError,
  type ManifestChange,
  changeManifest,
  emptyManifest,
  isAhead,
  parseManifest,
  readManifest,
} from './manifest-protocol.ts';
export { memoryStore } from './memory-store.ts';
export {
  type ByteRange,
  type ListedObject,
  type ObjectStore,
  ReplaceConflictError,
  type StoredObject,
} from './object-store.ts';
