/** One variant of a collector in its own process: prints its port, answers `cpu` over IPC with the CPU time it used. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCollector } from '../../packages/collector/src/index.ts';
import { listen } from '../../packages/collector/src/node/index.ts';
import { openLog } from '../../packages/streams/src/log/index.ts';
import { openMemory } from '../../packages/streams/src/memory.ts';
import type { Stream } from '../../packages/streams/src/index.ts';
import { Hono } from '../../packages/collector/node_modules/hono/dist/index.js';

const deadLetters = { append: async (): Promise<void> => {} };
const variants: Record<string, () => Promise<string>> = {
  raw: () => serve(answerAfterBody),
  hono: async () => {
    const app = new Hono();
    app.post('/v1/events', async (c) => {
      await c.req.text();
      return c.body(null, 204);
    });
    return (await listen({ app: app as never, port: 0 })).url;
  },
  nowhere: () => collector({ append: async () => {} }),
  memory: () => collector(trimmed(openMemory(), () => '9'.repeat(16))),
  log: async () =>
    collector(
      trimmed(await openLog({ path: mkdtempSync(join(tmpdir(), 'taphouse-bench-')) }), (log) => log.stats().last),
    ),
};

const start = variants[process.argv[2] ?? ''];
if (!start) throw new Error(`bench: ${process.argv[2]}: not one of ${Object.keys(variants).join(', ')}`);
process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit());
process.send?.(await start());

function answerAfterBody(request: Parameters<RequestListener>[0], response: Parameters<RequestListener>[1]): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    Buffer.concat(chunks).toString();
    response.writeHead(204).end();
  });
}

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function collector(stream: Pick<Stream, 'append'>): Promise<string> {
  return (await listen({ app: createCollector({ stream, deadLetters }), port: 0 })).url;
}

/** Forgets what it holds four times a second, as behind a reader that keeps up; what reading costs is not the collector's. */
function trimmed<S extends Stream>(stream: S, last: (stream: S) => string | null): S {
  setInterval(() => {
    const position = last(stream);
    if (position !== null) void stream.trim('0', position);
  }, 250);
  return stream;
}
