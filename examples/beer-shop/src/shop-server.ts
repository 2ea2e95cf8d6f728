/** For tests: the built shop as `taphouse start` serves it, with a collector that keeps what it is sent. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const shop = join(import.meta.dirname, '../dist');
const sdk = join(import.meta.dirname, '../../../packages/sdk/dist/taphouse.js');
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** An event as it came, with the envelope's context under it. */
export type SentEvent = Record<string, unknown> & { client_event: string };

export interface ShopServer {
  /** Without a slash at the end. */
  url: string;
  events: SentEvent[];
  close(): void;
}

/** Serves `dist`, with `index.html` for every path without a dot, under the policy `default-src 'self'`. */
export async function serveShop(): Promise<ShopServer> {
  const events: SentEvent[] = [];
  const server = createServer((request, response) => void answer(request, response, events));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, events, close: () => server.close() };
}

async function answer(request: IncomingMessage, response: ServerResponse, events: SentEvent[]): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://shop');
  if (pathname === '/v1/events') return collect(request, response, events);
  const file = pathname === '/sdk/taphouse.js' ? sdk : join(shop, pathname.includes('.') ? pathname : 'index.html');
  if (!existsSync(file)) return void response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': "default-src 'self'",
  });
  response.end(await readFile(file));
}

async function collect(request: IncomingMessage, response: ServerResponse, events: SentEvent[]): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const batch = JSON.parse(body) as { context?: object; events: SentEvent[] };
  events.push(...batch.events.map((event) => ({ ...batch.context, ...event })));
  response.writeHead(204).end();
}
