import { DuckDBDataProtocol } from '@duckdb/duckdb-wasm';
import type { Manifest, TableName } from '@taphouse/schema';

import { ConnectError, saidBy } from '../query-error.ts';
import type { Engine, LakeFile, LakeSource } from './lake-source.ts';

/**
 * A lake behind a server that takes range requests, as `taphouse start` serves it.
 *
 * @param lake URL of the lake folder, with `/` at its end
 */
export function httpSource(lake: string): LakeSource {
  const urlOf = ({ table, path }: LakeFile): string => new URL(`${table}/${path}`, lake).href;
  const manifest = async (table: TableName): Promise<Manifest | null> => {
    const url = `${lake}${table}/manifest.json`;
    const answer = await ask(url, { cache: 'no-store' });
    return answer.status === 404 ? null : readManifest(answer, url);
  };
  return {
    async manifests() {
      const [rawdata, aggregated] = await Promise.all([manifest('rawdata'), manifest('aggregated')]);
      return { rawdata, aggregated };
    },
    register: (engine, name, file) => registerUrl(engine, name, urlOf(file), file.bytes),
    fetchWhole: (file) => fetchBytes(urlOf(file)),
  };
}

/** @throws ConnectError if no answer comes */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, init).catch((cause: unknown) => {
    throw new ConnectError(saidBy(`lake at ${url}: no answer; check that the server runs and lets this page read`), {
      cause,
    });
  });
}

/** The manifest in an answer. */
export async function readManifest(answer: Response, url: string): Promise<Manifest> {
  if (!answer.ok) {
    throw new ConnectError(saidBy(`lake at ${url}: answered ${answer.status}; expected the table's manifest`));
  }
  const manifest = (await answer.json().catch(() => null)) as Manifest | null;
  if (manifest?.format !== 1) {
    throw new ConnectError(
      saidBy(
        `lake at ${url}: format ${String(manifest?.format)}; this reader knows 1, so check the address or update it`,
      ),
    );
  }
  return manifest;
}

/** @throws ConnectError */
export async function fetchBytes(url: string): Promise<Uint8Array> {
  const answer = await ask(url);
  if (!answer.ok) {
    throw new ConnectError(saidBy(`lake at ${url}: answered ${answer.status}; read the manifest again`));
  }
  return new Uint8Array(await answer.arrayBuffer());
}

/** The length goes with the address, for the worker to know: see lake-worker.js. */
export async function registerUrl({ db }: Engine, name: string, url: string, bytes: number): Promise<void> {
  await db.registerFileURL(name, `${url}#bytes=${bytes}`, DuckDBDataProtocol.HTTP, false);
}
