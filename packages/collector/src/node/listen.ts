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
  /** Time a client has for its headers, milliseconds. Default 10,000; Node's own 60,000 invites slow clients. */
  headersTimeoutMs?: number;
  /** Time a client has for a whole request, milliseconds. Default 30,000; Node's own is 300,000. */
  requestTimeoutMs?: number;
}

export interface Listening {
  /** `http://127.0.0.1:7400`. */
  url: string;
  /** Stops taking, finishes what is taken, ends live streams; under 10 s. */
  close(): Promise<void>;
}

/** How long answers that have begun may go on at close: long enough for a page, and a live stream has no end. Milliseconds. */
const streamGraceMs = 500;
/** How long requests in flight may wait for their answer at close, milliseconds. */
const graceMs = 8_000;

/**
 * Serves an app over HTTP.
 *
 * @throws Error if the port can not be had; the message names it and what to do
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { app, port, hostname = '127.0.0.1', headersTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = options;
  const serverOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(5_000, headersTimeoutMs / 2),
    // Longer than the 60 s after which load balancers let go of an idle connection, so that it is never ours that ends.
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16_384,
  };
  const server = createAdaptorServer({ fetch: app.fetch, hostname, serverOptions }) as Server;
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
