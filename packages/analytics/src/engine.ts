import { type ByteCount, countBytes, type Fetched } from './byte-count.ts';
import type { Engine as Database } from './sources/lake-source.ts';
import { type DuckDbBundle, startDuckDb } from './start-duckdb.ts';

/** DuckDB in its worker, with the count of what it fetches. */
export interface Engine extends Database {
  count: ByteCount;
  /** Ends the worker, whatever it does. */
  end(): Promise<void>;
}

export interface EngineOptions {
  bundle: DuckDbBundle;
  /** Told as DuckDB itself comes in. */
  onBytes?: ((loaded: number, total: number) => void) | undefined;
  /** Told as the worker fetches, counted from its start. */
  onFetched: (fetched: Fetched) => void;
}

/** @throws ConnectError */
export async function startEngine({ bundle, onBytes, onFetched }: EngineOptions): Promise<Engine> {
  const count = countBytes(bundle.worker, onFetched);
  try {
    const db = await startDuckDb({ ...bundle, worker: count.worker }, onBytes);
    const end = async (): Promise<void> => {
      count.close();
      await db.terminate();
    };
    return { db, session: await db.connect(), count, end };
  } catch (error) {
    count.close();
    throw error;
  }
}

/** WebAssembly stopped in the middle, which is no answer of DuckDB's: a fault in it, or no memory left. */
export function isTrap(error: unknown): boolean {
  // Not the SQL, which a QueryError shows with it.
  const { message: said } =
    error instanceof Error ? (error.cause instanceof Error ? error.cause : error) : { message: '' };
  return /null function|(memory access|table index is) out of bounds|unreachable executed|unreachable$|signature mismatch|indirect call|Aborted\(|Maximum call stack/.test(
    said,
  );
}
