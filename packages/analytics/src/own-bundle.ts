import worker from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url';
import wasm from '@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url';

import type { DuckDbBundle } from './start-duckdb.ts';

/** The pinned DuckDB-WASM, emitted by vite as two files beside the page's own. */
export const ownBundle: DuckDbBundle = { wasm, worker };
