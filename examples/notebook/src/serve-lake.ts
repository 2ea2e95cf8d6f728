import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream';

import type { Connect, Plugin } from 'vite';

/**
 * Serves the lake in `folder` under `/lake/`, in ranges, so that the notebook runs beside `npm start` or without it.
 * Dot files are the lake's own and are not served.
 */
export function serveLake(folder: string): Plugin {
  const answer: Connect.NextHandleFunction = (request, response) =>
    // A path that cannot be decoded.
    void serve(folder, request, response).catch(() => response.writeHead(400).end());
  return {
    name: 'serve-lake',
    configureServer: (server) => void server.middlewares.use('/lake', answer),
    configurePreviewServer: (server) => void server.middlewares.use('/lake', answer),
  };
}

async function serve(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://lake').pathname);
  const file = join(folder, path);
  const found = /\/\.|\\/.test(path) ? null : await stat(file).catch(() => null);
  if (!found?.isFile()) return void response.writeHead(404).end();
  const { start, end } = range(request.headers.range, found.size);
  response.writeHead(request.headers.range ? 206 : 200, {
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'content-length': end - start + 1,
    'content-range': `bytes ${start}-${end}/${found.size}`,
  });
  if (request.method === 'HEAD' || found.size === 0) response.end();
  // Into the answer to someone who has left, `pipeline` throws.
  if (response.writableEnded || response.destroyed) return;
  // A merge may delete the file meanwhile: then the answer breaks off, and whoever asked reads the manifest again.
  pipeline(createReadStream(file, { start, end }), response, () => {});
}

/** First and last byte, both inclusive; the whole file if the header is none that we know. */
function range(header: string | undefined, size: number): { start: number; end: number } {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || Number(from) >= size) return { start: 0, end: Math.max(size - 1, 0) };
  return { start: Number(from), end: to ? Math.min(Number(to), size - 1) : size - 1 };
}
