/**
 * DuckDB-WASM's own worker, with the bytes of its range requests counted. DuckDB reads files by synchronous
 * XMLHttpRequest, which the page cannot see: `performance` of the page lists a worker's requests nowhere, and
 * `exportFileStatistics` counts blocks of 16 kB, read ahead or not.
 * The address ends in `#<channel>`: the count is told there, and again when asked.
 */
import duckDbWorker from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url';

import { trustedScript } from '../trusted-script.ts';
import type { BytesAsked, BytesCounted } from './byte-count.ts';

declare function importScripts(...urls: string[]): void;

const channel = new BroadcastChannel(location.hash.slice(1));
let bytes = 0;
let requests = 0;

class CountingRequest extends XMLHttpRequest {
  #synchronous = false;
  #counts = false;

  override open(method: string, url: string | URL, async = true, user?: string | null, password?: string | null): void {
    this.#synchronous = !async;
    this.#counts = method === 'GET';
    super.open(method, url, async, user, password);
  }

  override send(body?: Document | XMLHttpRequestBodyInit | null): void {
    super.send(body);
    // The module itself comes asynchronously, and is no part of the lake.
    if (!this.#synchronous) return;
    requests += 1;
    if (this.#counts && this.response instanceof ArrayBuffer) bytes += this.response.byteLength;
    tell();
  }
}

function tell(asked?: number): void {
  const count: BytesCounted = { counted: { bytes, requests }, ...(asked === undefined ? {} : { asked }) };
  channel.postMessage(count);
}

channel.addEventListener('message', ({ data }: MessageEvent<BytesAsked | BytesCounted>) => {
  if ('ask' in data) tell(data.ask);
});

self.XMLHttpRequest = CountingRequest;
importScripts(trustedScript(duckDbWorker));
