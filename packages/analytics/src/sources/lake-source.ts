import type { AsyncDuckDB, AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import type { Manifest, ManifestFile, TableName } from '@taphouse/schema';

/** DuckDB in its worker. */
export interface Engine {
  db: AsyncDuckDB;
  session: AsyncDuckDBConnection;
}

/** Where the files of a lake are, and how one gets at them. */
export interface LakeSource {
  /**
   * The tables' live files, as of now; null for a table that has none yet.
   *
   * @param engine perhaps still starting: who needs no database does not wait for it
   */
  manifests(engine: Promise<Engine>): Promise<Record<TableName, Manifest | null>>;
  /** Lets DuckDB read a file by ranges, under a name. */
  register(engine: Engine, name: string, file: LakeFile): Promise<void>;
  /** The whole of a file; null where it is of this machine, and nothing is gained. */
  fetchWhole(file: LakeFile): Promise<Uint8Array | null>;
  /** True where addresses given out before have ceased to work, or soon will: register them anew. */
  renew?(): Promise<boolean>;
}

/** A file of one table. */
export interface LakeFile extends Pick<ManifestFile, 'path' | 'bytes'> {
  table: TableName;
}
