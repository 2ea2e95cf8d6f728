/** A page with one SDK on it, and one endpoint for all protocols that counts the events it took. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { button } from './peers.ts';

export interface Site {
  url: string;
  weather: 'fair' | 'down' | 'busy';
  latencyMs: number;
  /** How often each event name of the form `ev_N_` was taken. */
  taken: Map<string, number>;
  requests: number;
  close(): void;
}

/** Cross-origin isolation, for timers of 5 us. */
const page = {
  'Content-Type': 'text/html',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export async function openSite(script: string): Promise<Site> {
  const site: Site = { url: '', weather: 'fair', latencyMs: 0, taken: new Map(), requests: 0, close: () => server.close() };
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    if (url === '/own.js') response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script);
    else if (request.method === 'POST' || url.startsWith('/collect') || url.startsWith('/v1/')) void take(request, response);
    else response.writeHead(200, page).end(`<!doctype html><title>s</title>${button}<a id="two" href="/two">two</a><script src="/own.js"></script>`);
  });

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    site.requests += 1;
    if (site.weather === 'down') return void request.socket.destroy();
    const text = decodeURIComponent(`${request.url}`.replaceAll('%', '%25')) + bodyText(Buffer.concat(chunks), request);
    const names = site.weather === 'fair' ? (text.match(/ev_\d+_/g) ?? []) : [];
    // One event may carry its name more than once.
    for (const name of new Set(names)) site.taken.set(name, (site.taken.get(name) ?? 0) + 1);
    await new Promise((resolve) => setTimeout(resolve, site.latencyMs));
    if (site.weather === 'busy') return void response.writeHead(503, { 'Retry-After': '2' }).end();
    answer(request, response, text);
  }
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  site.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return site;
}

function bodyText(body: Buffer, { headers, url = '' }: IncomingMessage): string {
  if (body[0] === 0x1f && body[1] === 0x8b) return gunzipSync(body).toString();
  if (headers['content-encoding'] === 'br') return brotliDecompressSync(body).toString();
  const text = body.toString();
  const data = /(?:^|&)data=([^&]*)/.exec(text)?.[1];
  if (!data || url.includes('json')) return text;
  const plain = decodeURIComponent(data);
  return plain.startsWith('{') || plain.startsWith('[') ? plain : Buffer.from(plain, 'base64').toString();
}

/** What each peer takes for success. */
function answer({ url = '' }: IncomingMessage, response: ServerResponse, text: string): void {
  const batch = /"batch_id":"([\w-]+)"/.exec(text)?.[1];
  if (url.startsWith('/v1/events'))
    return void response.writeHead(204, { 'Set-Cookie': `taphouse_ack_${batch}=1; Path=/; Max-Age=600; SameSite=Lax` }).end();
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":1,"code":200,"accepted":1}');
}
