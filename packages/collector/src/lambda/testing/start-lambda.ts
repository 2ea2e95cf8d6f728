import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';

/** A function that runs as on Lambda: AWS's own runtime client calls it, and asks this process for its events. */
export interface RunningLambda {
  /** What the function answers to an event. */
  invoke(event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

interface Invocation extends PromiseWithResolvers<unknown> {
  event: unknown;
}

/** Starts the bundle at `file`, whose export `handler` is the function. */
export async function startLambda(file: string, env: Record<string, string>): Promise<RunningLambda> {
  const waiting: Invocation[] = [];
  const underWay = new Map<string, Invocation>();
  let hungry: ServerResponse | undefined;
  let invocations = 0;
  let fault: Error | undefined;

  const server = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id, what] = /\/runtime\/(?:invocation\/)?([^/]+)(?:\/(\w+))?$/.exec(request.url ?? '') ?? [];
    if (id === 'next') {
      hungry = response;
      return feed();
    }
    const text = await textOf(request);
    response.writeHead(202).end();
    if (id === 'init') return fail(new Error(`function: did not start: ${text}`));
    const invocation = underWay.get(id ?? '');
    if (what === 'response') invocation?.resolve(JSON.parse(text));
    else invocation?.reject(new Error(`function: failed: ${text}`));
  }

  /** Gives the next event to the function that asks for one. */
  function feed(): void {
    const invocation = hungry && waiting.shift();
    if (!hungry || !invocation) return;
    invocations += 1;
    const id = `invocation-${invocations}`;
    underWay.set(id, invocation);
    hungry.writeHead(200, {
      'Lambda-Runtime-Aws-Request-Id': id,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + 30_000),
      'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:us-east-1:000000000000:function:collector',
      'Lambda-Runtime-Trace-Id': 'Root=1-0-0',
    });
    hungry.end(JSON.stringify(invocation.event));
    hungry = undefined;
  }

  function fail(error: Error): void {
    fault = error;
    for (const invocation of [...waiting, ...underWay.values()]) invocation.reject(error);
  }

  const runtimeApi = await listenOnLoopback(server);
  const child = spawnClient(file, { ...env, AWS_LAMBDA_RUNTIME_API: runtimeApi });
  child.on('exit', (code) => fail(new Error(`function: its process ended with ${code}`)));

  return {
    invoke(event) {
      const invocation = { event, ...Promise.withResolvers<unknown>() };
      if (fault) invocation.reject(fault);
      else waiting.push(invocation);
      feed();
      return invocation.promise;
    },
    async stop() {
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
      server.closeAllConnections();
      server.close();
    },
  };
}

function spawnClient(file: string, env: Record<string, string>): ChildProcess {
  const client = createRequire(import.meta.url).resolve('aws-lambda-ric');
  const nativePart = new URL('native-part.ts', import.meta.url).href;
  const handler = file.replace(/^.*\//, '').replace(/\.m?js$/, '.handler');
  return spawn(process.execPath, ['--import', nativePart, client], {
    cwd: dirname(file),
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      LAMBDA_TASK_ROOT: dirname(file),
      _HANDLER: handler,
      AWS_LAMBDA_FUNCTION_NAME: 'collector',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_GROUP_NAME: 'collector',
      AWS_LAMBDA_LOG_STREAM_NAME: '1',
      ...env,
    },
  });
}

async function listenOnLoopback(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function textOf(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
