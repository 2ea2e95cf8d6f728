import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import { createRequestIds } from '../request-ids.ts';
import { maxHeaderBytes, refusalHeaders, refusalOf, refuseRequest } from './refuse-request.ts';
import { UnderWay } from './under-way.ts';

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
/** How long at close a request that is not all here may go on arriving, milliseconds. Nothing of it is taken. */
const arrivalGraceMs = 2_000;
/** How long requests that are here may wait for their answer at close, milliseconds. What is closed after this has 10 s in all. */
const graceMs = 6_000;

/**
 * Serves an app over HTTP. What is no request, or comes too slowly, is answered 400, 408 or 431 with the reason.
 *
 * @throws Error if the port can not be had; the message names it and what to do
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { app, port, hostname = '127.0.0.1', headersTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = options;
  const newRequestId = createRequestIds();
  const serverOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(5_000, headersTimeoutMs / 2),
    // Longer than the 60 s after which load balancers let go of an idle connection, so that it is never ours that ends.
    keepAliveTimeout: 65_000,
    maxHeaderSize: maxHeaderBytes,
    // Node's answer to a request without Host would be a 400 without a word.
    requireHostHeader: false,
  };
  const errorHandler = (error: unknown): Response => answerTo(error, newRequestId());
  const serve = getRequestListener(app.fetch, { hostname, errorHandler });
  const server = createServer(serverOptions, (request, response) => void serve(request, response));
  const open = new UnderWay<ServerResponse>();
  server.prependListener('request', (_request, response: ServerResponse) => {
    const place = open.add(response);
    response.on('close', () => open.delete(place));
  });
  refuseOnTheWire(server, open, newRequestId);
  await bind(server, port, hostname);
  const { port: bound } = server.address() as AddressInfo;
  const shownHost = hostname.includes(':') ? `[${hostname}]` : hostname;
  return { url: `http://${shownHost}:${bound}`, close: () => close(server, open) };
}

/** Refuses what does not become a request. */
function refuseOnTheWire(server: Server, open: UnderWay<ServerResponse>, newRequestId: () => string): void {
  server.on('clientError', (error, socket: Socket) => {
    const isAnswered = [...open].some((response) => response.socket === socket && response.headersSent);
    if (isAnswered || !socket.writable) socket.destroy();
    else refuseRequest(socket, refusalOf(error), newRequestId());
  });
  server.on('connect', (_request, socket) =>
    refuseRequest(socket, ['405 Method Not Allowed', 'CONNECT: not allowed; this is no proxy'], newRequestId()),
  );
  // Expectations may be ignored, and Node knows the one that is used, 100-continue.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** To a request that has no URL, or that the app could not answer. */
function answerTo(error: unknown, requestId: string): Response {
  const [status, reason] =
    error instanceof RequestError
      ? [400, `request: ${error.message}; ask for a path, of a host as it is named`]
      : [500, 'server: a fault of its own'];
  return new Response(JSON.stringify({ reason }), { status, headers: refusalHeaders(requestId) });
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

async function close(server: Server, open: UnderWay<ServerResponse>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  // The client is told that this connection ends with the answer.
  for (const response of open) if (!response.headersSent) response.setHeader('Connection', 'close');
  const cuts = [
    setTimeout(() => cut(open, (response) => response.headersSent), streamGraceMs),
    setTimeout(() => cut(open, ({ req }) => !req.complete), arrivalGraceMs),
    setTimeout(() => server.closeAllConnections(), graceMs),
  ];
  await promise;
  for (const timer of cuts) clearTimeout(timer);
}

function cut(open: UnderWay<ServerResponse>, isToGo: (response: ServerResponse) => boolean): void {
  for (const response of open) if (isToGo(response)) response.destroy();
}
