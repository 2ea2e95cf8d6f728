import { AsyncDuckDB, VoidLogger } from '@duckdb/duckdb-wasm';

import { ConnectError } from './query-error.ts';
import { trustedScript } from './trusted-script.ts';

/** Where the two halves of DuckDB-WASM are served. Both must be same-origin. */
export interface DuckDbBundle {
  /** URL of `duckdb-eh.wasm`. */
  wasm: string;
  /** URL of `duckdb-browser-eh.worker.js`. */
  worker: string;
}

/**
 * DuckDB that refuses what is asked of it once its worker has ended. Of itself it then gives no answer, at once, and
 * `send()` of 1.28.0 asks on and on until there is one: the page stood still.
 */
class EndableDuckDb extends AsyncDuckDB {
  #ended = false;

  override terminate(): Promise<void> {
    this.#ended = true;
    return super.terminate();
  }

  protected override postTask(...task: Parameters<AsyncDuckDB['postTask']>): ReturnType<AsyncDuckDB['postTask']> {
    if (this.#ended) return Promise.reject(new Error('DuckDB-WASM: its worker was ended'));
    return super.postTask(...task);
  }
}

/** The header of a WebAssembly module with nothing in it. */
const emptyModule = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
/** Longest time without one byte or word from the worker. */
const silenceMs = 30_000;

/**
 * Starts DuckDB-WASM in a worker.
 *
 * @param onBytes told as the 18 MB module comes in: bytes so far, and in all (0 if unknown)
 * @throws ConnectError if WebAssembly is blocked or the worker stays silent; DuckDB alone would hang without a word
 */
export async function startDuckDb(
  bundle: DuckDbBundle,
  onBytes: (loaded: number, total: number) => void = () => {},
): Promise<AsyncDuckDB> {
  await refuseBlockedWasm();
  const worker = new Worker(trustedScript(bundle.worker));
  const db = new EndableDuckDb(new VoidLogger(), worker);
  const silence = watchSilence(worker, bundle.worker);
  try {
    const started = db.instantiate(new URL(bundle.wasm, location.href).href, null, ({ bytesLoaded, bytesTotal }) => {
      silence.heard();
      onBytes(bytesLoaded, bytesTotal);
    });
    await Promise.race([started, silence.broken]);
    await db.open({ query: { castDecimalToDouble: true } });
    return db;
  } catch (cause) {
    worker.terminate();
    if (cause instanceof ConnectError) throw cause;
    throw new ConnectError(`DuckDB-WASM at ${bundle.wasm}: did not start; check that it is served`, { cause });
  } finally {
    silence.end();
  }
}

async function refuseBlockedWasm(): Promise<void> {
  try {
    await WebAssembly.compile(emptyModule);
  } catch (cause) {
    throw new ConnectError(
      "WebAssembly: blocked on this page; add 'wasm-unsafe-eval' to script-src of its Content-Security-Policy",
      { cause },
    );
  }
}

/** A race partner that rejects when the worker fails to load, or says nothing for `silenceMs`. */
function watchSilence(worker: Worker, url: string): { broken: Promise<never>; heard(): void; end(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const tooLong = (): void =>
    reject(
      new ConnectError(
        `DuckDB-WASM worker at ${url}: silent for ${silenceMs / 1000} s; ` +
          "check that it is served, with 'wasm-unsafe-eval' in its own Content-Security-Policy",
      ),
    );
  const failed = (event: ErrorEvent): void =>
    reject(new ConnectError(`DuckDB-WASM worker at ${url}: ${event.message || 'did not load'}`));
  let timer = setTimeout(tooLong, silenceMs);
  worker.addEventListener('error', failed);
  return {
    broken: promise,
    heard(): void {
      clearTimeout(timer);
      timer = setTimeout(tooLong, silenceMs);
    },
    end(): void {
      clearTimeout(timer);
      worker.removeEventListener('error', failed);
    },
  };
}
