import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a POST: stored and answered, or one of the ways in which it is not. */
export type Weather =
  | 'fair'
  /** The connection is cut before the collector sees anything. */
  | 'down'
  /** No answer, ever. */
  | 'hung'
  /** A login page with status 200. */
  | 'captive'
  /** Stored, and the answer is lost on its way. */
  | 'answer lost'
  /** Answered by the gate; with `aboveBytes`, only bodies longer than that. */
  | { status: number; headers?: Record<string, string>; body?: string; aboveBytes?: number };

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** What stands behind a gate. */
export interface Behind {
  /** Anything that is no batch: pages, scripts, limits. */
  get: (url: string) => Answer | Promise<Answer>;
  /** Told of every batch that reached the gate, whatever happens to it then. */
  heard: (request: IncomingMessage, body: Buffer) => void;
  /** Takes a batch that passed. */
  take: (request: IncomingMessage, body: Buffer) => Answer | Promise<Answer>;
}

/** A site of its own port whose collector fails as told. */
export interface Gate {
  url: string;
  weather: Weather;
  /** Milliseconds before a batch is taken and answered. */
  latencyMs: number;
  /** Methods and paths of every request. */
  requests: string[];
  /** The whole site is away: connections are refused, until it is back on its port. */
  goAway: (away: boolean) => Promise<void>;
  close: () => void;
}

export async function openGate({ get, heard, take }: Behind): Promise<Gate> {
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { weather, latencyMs } = gate;
    heard(request, body);
    if (weather === 'down') return void request.socket.destroy();
    if (weather === 'hung') return;
    if (weather === 'captive') return send(response, await get('/login'));
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    if (typeof weather === 'object' && body.length > (weather.aboveBytes ?? -1))
      return send(response, { headers: {}, body: '', ...weather });
    const answer = await take(request, body);
    if (weather === 'answer lost') request.socket.destroy();
    else send(response, answer);
  };
  const server = createServer((request, response) => {
    const { method, url = '/' } = request;
    gate.requests.push(`${method} ${url}`);
    const answered =
      method === 'POST' || url.startsWith('/collect')
        ? pass(request, response)
        : Promise.resolve(get(url)).then((answer) => send(response, answer));
    answered.catch(() => response.destroy());
  });
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const goAway = async (away: boolean): Promise<void> => (away ? close() : listen(port));
  const url = `http://127.0.0.1:${port}`;
  const gate: Gate = { url, weather: 'fair', latencyMs: 0, requests: [], goAway, close };
  return gate;
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}
