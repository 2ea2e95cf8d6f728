import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { openQuery } from '@taphouse/lake/files';

const cli = join(dirname(createRequire(import.meta.url).resolve('taphouse/package.json')), 'src/cli.ts');

/** A process of the real command. */
export interface Tap {
  url: string;
  /** All it has printed so far. */
  output(): string;
  /** Sends the signal and waits for the end; resolves with the exit code, or null after a SIGKILL. */
  stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>;
}

/** `taphouse start` on a free port, without simulated visitors, over `dataFolder`. */
export async function openTap(dataFolder: string, ...flags: string[]): Promise<Tap> {
  return openTapWith({}, dataFolder, ...flags);
}

/** The same, with more in its environment. */
export async function openTapWith(
  environment: NodeJS.ProcessEnv,
  dataFolder: string,
  ...flags: string[]
): Promise<Tap> {
  const run = launch(['start', '--port', '0', '--data', dataFolder, '--no-traffic', ...flags], environment);
  const url = await run.printed(/collector\s+(http:\/\/localhost:\d+)/);
  return { url, output: run.output, stop: (signal) => run.stop(signal) };
}

/** `taphouse ...` to its end. */
export async function runTap(...args: string[]): Promise<{ code: number | null; output: string }> {
  const run = launch(args);
  const code = await run.ended;
  return { code, output: run.output() };
}

/** The same, read by someone who has enough after the first line. */
export async function runTapHead(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, faults] = ['', ''];
  child.stderr.on('data', (chunk) => (faults += String(chunk)));
  child.stdout.once('data', (chunk) => {
    [output] = String(chunk).split('\n', 1) as [string];
    child.stdout.destroy();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output + faults };
}

function launch(args: string[], environment: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  // Not `exit`: by then not all of its output need have come.
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let text = '';
  const waiting = new Set<() => void>();
  for (const pipe of [child.stdout, child.stderr]) {
    pipe.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const check of waiting) check();
    });
  }
  return {
    ended,
    output: () => text,
    async printed(pattern: RegExp): Promise<string> {
      const found = Promise.withResolvers<string>();
      const check = (): void => {
        const match = pattern.exec(text);
        if (match) found.resolve(match[1] ?? match[0]);
      };
      waiting.add(check);
      check();
      const early = ended.then((code) => {
        throw new Error(`taphouse ${args.join(' ')} ended with ${code} before it printed ${String(pattern)}:\n${text}`);
      });
      return Promise.race([found.promise, early]).finally(() => waiting.delete(check));
    },
    stop: async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      return ended;
    },
  };
}

/** A folder that is gone after `use`. */
export async function temporaryFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'taphouse-e2e-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Rows of `sql` over the lake of `dataFolder`, by native DuckDB. */
export async function ask(dataFolder: string, sql: string): Promise<Record<string, unknown>[]> {
  const lake = await openQuery({ folder: join(dataFolder, 'lake') });
  try {
    return (await lake.query(sql)).rows;
  } finally {
    await lake.close();
  }
}

/** Asks until `good` holds, or gives up after `withinMs` with the last answer in the error. */
export async function until<T>(withinMs: number, askOnce: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await askOnce();
    if (good(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(
        `not in ${withinMs} ms; last: ${JSON.stringify(answer, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))}`,
      );
    await new Promise((wake) => setTimeout(wake, 250));
  }
}

/** Posts a batch as the SDK does. */
export async function post(url: string, events: object[]): Promise<Response> {
  return fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain' },
    body: JSON.stringify({ write_key: 'test', sent_at: Date.now(), events }),
  });
}
