import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';

export interface ListenOptions {
  app: Hono;
  /** 0 for any free one. */
  port: number;
  /** Default 127.0.0.1. */
  hostname?: string;
}

export interface Listening {
  /** `http://127.0.0.1:7400`. */
  url: string;
  /** Stops taking, finishes what is taken, ends live streams; under 10 s. */
  close(): Promise<void>;
}

/** What a client may take before it is let go; Node's own 60 and 300 s invite slow-body attacks. Milliseconds. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};
/** How long answers that have begun may go on at close: long enough for a page, and a live stream has no end. Milliseconds. */
const streamGraceMs = 500;
/** How long requests in flight may wait for their answer at close, milliseconds. */
const graceMs = 8_000;

/**
 * Serves an app over HTTP.
 *
 * @throws Error if the port can not be had; the message names it and what to do
 */
export async function listen({ app, port, hostname = '127.0.0.1' }: ListenOptions): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    hostname,
    serverOptions: { ...timeouts, maxHeaderSize: 16_384 },
  }) as Server;
  const open = new Set<ServerResponse>();
  server.prependListener('request', (_request, response: ServerResponse) => {
    open.add(response);
    response.once('close', () => open.delete(response));
  });
  await bind(server, port, hostname);
  const { port: bound } = server.address() as AddressInfo;
  const shownHost = hostname.includes(':') ? `[${hostname}]` : hostname;
  return { url: `http://${shownHost}:${bound}`, close: () => close(server, open) };
}

async function bind(server: Server, port: number, hostname: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, hostname, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new Error(bindFault(cause, port, hostname), { cause });
  }
  server.off('error', reject);
}

function bindFault(cause: unknown, port: number, hostname: string): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE')
    return `port ${port}: in use by another program; stop that program or choose another port with TAPHOUSE_PORT`;
  if (code === 'EACCES') return `port ${port}: not allowed for this user; choose one above 1023 with TAPHOUSE_PORT`;
  return `port ${port} on ${hostname}: ${cause instanceof Error ? cause.message : String(cause)}; choose another`;
}

async function close(server: Server, open: ReadonlySet<ServerResponse>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  // The client is told that this connection ends with the answer.
  for (const response of open) if (!response.headersSent) response.setHeader('Connection', 'close');
  const cutStreams = setTimeout(() => {
    for (const response of open) if (response.headersSent) response.destroy();
  }, streamGraceMs);
  const cutAll = setTimeout(() => server.closeAllConnections(), graceMs);
  await promise;
  clearTimeout(cutStreams);
  clearTimeout(cutAll);
}
