/** The pages and a lake behind a small real server, for browser tests: strict policy, range requests, live messages. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream';

import type { LiveMessage } from '@taphouse/schema';
import { build } from 'vite';

/** The strictest policy DuckDB-WASM runs under: nothing inline, nothing from elsewhere. */
export const strictPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html taphouse',
].join('; ');

export interface PagesServer {
  /** Such as `http://127.0.0.1:40001`. */
  origin: string;
  /** Paths asked for so far, with the bytes sent. */
  readonly requests: { path: string; bytes: number }[];
  /** How many pages listen to the live side. */
  listeners(): number;
  /** Sends a live message to every page. */
  say(message: LiveMessage): void;
  /** Ends the server-sent events of all who listen; they may come again. */
  hangUp(): void;
  close(): Promise<void>;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** The pages of `pnpm run pages` if they are newer than every source, else built now into a folder of their own. */
export async function buildPages(): Promise<{ folder: string; remove(): Promise<void> }> {
  const home = join(import.meta.dirname, '../..');
  const built = join(home, 'dist/pages');
  if ((await newest(built, /index\.html$/)) > (await newestSource(home)))
    return { folder: built, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'taphouse-pages-'));
  const configFile = join(home, 'vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A page with the library on `globalThis.taphouse` and nothing else, built now into a folder of its own. */
export async function buildLibraryPage(): Promise<{ folder: string; remove(): Promise<void> }> {
  const root = join(import.meta.dirname, 'library-page');
  const folder = await mkdtemp(join(tmpdir(), 'taphouse-library-'));
  const options = { outDir: folder, emptyOutDir: true, target: 'es2023', minify: false };
  await build({ configFile: false, root, base: '/', logLevel: 'error', build: options });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function newestSource(home: string): Promise<number> {
  const folders = ['analytics', 'schema', 'sessions'].map((name) => join(home, '..', name, 'src'));
  const times = await Promise.all(folders.map((folder) => newest(folder, /(?<!\.test)\.(ts|css|html|svg)$/)));
  return Math.max(
    ...times,
    (await stat(join(home, 'vite.config.ts'))).mtimeMs,
    (await stat(join(home, 'package.json'))).mtimeMs,
  );
}

/** When the newest file of such a name was written, milliseconds since 1970; 0 if there is none. */
async function newest(folder: string, name: RegExp): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const times = entries.filter((path) => name.test(path)).map(async (path) => (await stat(join(folder, path))).mtimeMs);
  return Math.max(0, ...(await Promise.all(times)));
}

export interface ServePagesOptions {
  /** Folder of the built pages. */
  pages: string;
  /** Folder of the lake. */
  lake: string;
  policy?: string;
  /** Awaited before a file of the lake is sent. */
  beforeFile?: (path: string) => Promise<void>;
}

/** Serves built pages and a lake on a free port of 127.0.0.1. */
export async function servePages(options: ServePagesOptions): Promise<PagesServer> {
  const { pages, lake, policy = strictPolicy, beforeFile = async () => {} } = options;
  const listeners = new Set<ServerResponse>();
  const requests: PagesServer['requests'] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    response.setHeader('Content-Security-Policy', policy);
    // As the real server has it: the names of assets change with their content.
    const lasts = path.startsWith('/analytics/assets/');
    response.setHeader('Cache-Control', lasts ? 'public, max-age=31536000, immutable' : 'no-cache');
    if (path === '/v1/live') return openLive(response, listeners);
    const file = path.startsWith('/lake/')
      ? join(lake, normalize(path.slice('/lake'.length)))
      : join(pages, normalize(path.replace(/^\/analytics/, '').replace(/\/$/, '/index.html')));
    const send = async (): Promise<void> => {
      if (path.endsWith('.parquet')) await beforeFile(path);
      requests.push({ path, bytes: await sendFile(file, request, response) });
    };
    void send();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    listeners: () => listeners.size,
    say({ event, data }) {
      for (const response of listeners) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    hangUp() {
      for (const response of listeners) response.destroy();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function openLive(response: ServerResponse, listeners: Set<ServerResponse>): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(':\n\n');
  listeners.add(response);
  response.on('close', () => listeners.delete(response));
}

/** Sends a file or the range asked for; gives the bytes of the body. */
async function sendFile(file: string, request: IncomingMessage, response: ServerResponse): Promise<number> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) {
    response.writeHead(404).end();
    return 0;
  }
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(asked?.[1] ?? 0);
  const end = Math.min(Number(asked?.[2] || found.size - 1), found.size - 1);
  response.writeHead(asked ? 206 : 200, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    ...(asked ? { 'Content-Range': `bytes ${start}-${end}/${found.size}` } : {}),
  });
  if (request.method === 'HEAD') response.end();
  // Into the answer to someone who has left, `pipeline` throws.
  if (response.writableEnded || response.destroyed) return 0;
  pipeline(createReadStream(file, { start, end }), response, () => {});
  return end - start + 1;
}
