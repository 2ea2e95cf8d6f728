import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { Hono } from 'hono';
import { afterEach, expect, it, vi } from 'vitest';
import { createCollector } from '../collector.ts';
import { listen, type Listening } from './listen.ts';

const deadLetters = { append: async (): Promise<void> => {} };
let listening: Listening | undefined;
afterEach(() => listening?.close());

function clickBody(n: number): string {
  const events = Array.from({ length: n }, (_, i) => ({
    event_id: `e-${i}`,
    user_id: 1,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp: Date.now(),
  }));
  return JSON.stringify({ events });
}

function post(url: string, body: RequestInit['body'], headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/events`, {
    method: 'POST',
    body: body ?? null,
    headers: { 'Content-Type': 'text/plain', ...headers },
  });
}

/** A stream whose append says that it was `reached`, and ends when `append` is resolved. */
function slowStream(): {
  append: PromiseWithResolvers<void>;
  reached: PromiseWithResolvers<void>;
  stream: { append: () => Promise<void> };
} {
  const append = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const stream = {
    append: (): Promise<void> => {
      reached.resolve();
      return append.promise;
    },
  };
  return { append, reached, stream };
}

/** A live feed that knows how many look on. */
function countedFeed(): { subscribe: () => () => void; viewers: () => number } {
  let viewers = 0;
  return {
    subscribe: () => {
      viewers += 1;
      return () => void (viewers -= 1);
    },
    viewers: () => viewers,
  };
}

it('finishes at close a batch that is waiting for its append', async () => {
  const { append, reached, stream } = slowStream();
  listening = await listen({ app: createCollector({ stream, deadLetters }), port: 0 });
  const posting = post(listening.url, clickBody(1));
  await reached.promise;
  const closing = listening.close();
  append.resolve();
  expect((await posting).status).toBe(204);
  await closing;
  await expect(post(listening.url, clickBody(1))).rejects.toThrow();
});

it('waits at close for a batch whose append is slow, longer than for one that is not all here', async () => {
  const { append, reached, stream } = slowStream();
  listening = await listen({ app: createCollector({ stream, deadLetters }), port: 0 });
  const { hostname, port } = new URL(listening.url);
  const slow = connect(Number(port), hostname);
  slow.on('error', () => {});
  slow.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n{"ev');
  const posting = post(listening.url, clickBody(1));
  await reached.promise;
  const closing = listening.close();
  await once(slow, 'close');
  append.resolve();
  expect((await posting).status).toBe(204);
  await closing;
});

it('ends live streams at close, and unsubscribes them', async () => {
  const live = countedFeed();
  listening = await listen({
    app: createCollector({ stream: { append: async () => {} }, deadLetters, live }),
    port: 0,
  });
  const response = await fetch(`${listening.url}/v1/live`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(live.viewers()).toBe(1);
  const ended = response.text().catch(() => 'cut');
  await listening.close();
  await ended;
  await expect.poll(live.viewers).toBe(0);
});

it('leaves nobody subscribed to live messages who asked for their headers only', async () => {
  const live = countedFeed();
  listening = await listen({
    app: createCollector({ stream: { append: async () => {} }, deadLetters, live }),
    port: 0,
  });
  const response = await fetch(`${listening.url}/v1/live`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  expect(live.viewers()).toBe(0);
});

it('outlives a CONNECT whose sender is gone before the answer', async () => {
  const fault = vi.fn<(error: Error) => void>();
  process.prependListener('uncaughtExceptionMonitor', fault);
  listening = await listen({ app: createCollector({ stream: { append: async () => {} }, deadLetters }), port: 0 });
  const { hostname, port } = new URL(listening.url);
  for (let round = 0; round < 300; round += 1) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n');
    await new Promise((wake) => setImmediate(wake));
    socket.resetAndDestroy();
  }
  expect((await post(listening.url, clickBody(1))).status).toBe(204);
  process.off('uncaughtExceptionMonitor', fault);
  expect(fault).not.toHaveBeenCalled();
});

it('answers 413 and 415 to a client of another process that is still sending', async () => {
  listening = await listen({ app: createCollector({ stream: { append: async () => {} }, deadLetters }), port: 0 });
  const client = `
    const send = async (type, bytes) => {
      const request = { method: 'POST', body: 'x'.repeat(bytes), headers: { 'Content-Type': type } };
      return fetch(process.argv[1], request).then(({ status }) => status, (error) => error.cause?.code ?? String(error));
    };
    (async () => {
      const statuses = [];
      for (let i = 0; i < 8; i += 1) statuses.push(await send('text/plain', 5e6), await send('image/png', 5e6));
      console.log(JSON.stringify(statuses));
    })()`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', client, `${listening.url}/v1/events`]);
  expect(JSON.parse(stdout)).toEqual(Array.from({ length: 8 }, () => [413, 415]).flat());
});

it('counts bytes inside a parent app too', async () => {
  const app = new Hono();
  app.route('/', createCollector({ stream: { append: async () => {} }, deadLetters }));
  listening = await listen({ app, port: 0 });
  const large = await post(listening.url, 'x'.repeat(1_048_577));
  expect(large.status).toBe(413);
  expect(await large.json()).toMatchObject({ reason: 'body: over 1048576 bytes (maxBodyBytes); send fewer events' });
  expect((await post(listening.url, clickBody(20))).status).toBe(204);
});

it('stops reading a body of unknown length at the limit', async () => {
  listening = await listen({ app: createCollector({ stream: { append: async () => {} }, deadLetters }), port: 0 });
  const { hostname, port } = new URL(listening.url);
  const socket = connect(Number(port), hostname);
  socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
  for (let i = 0; i < 20; i += 1) socket.write(chunk);
  let answer = '';
  for await (const data of socket) answer += String(data);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

it('says in one line that a port is taken, and what to do', async () => {
  listening = await listen({ app: new Hono(), port: 0 });
  const port = Number(new URL(listening.url).port);
  await expect(listen({ app: new Hono(), port })).rejects.toThrow(
    `port ${port}: in use by another program; stop that program or choose another port with TAPHOUSE_PORT`,
  );
});
