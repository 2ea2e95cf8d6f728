import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const cli = join(import.meta.dirname, '../../packages/taphouse/src/cli.ts');

/** A process of the real command. */
export interface Tap {
  url: string;
  /** From spawning it to its first 200 of `/ready`, milliseconds. */
  readyMs: number;
  /** From spawning it to a lag under 2 s, milliseconds; undefined if it did not come to that in `caughtUpMs`. */
  caughtUp(withinMs: number): Promise<number | undefined>;
  gauges(): Promise<Gauges>;
  usage(): Usage;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Gauges {
  events: number;
  lagSeconds: number;
  logBytes: number;
}

/** What the system says of a process. */
export interface Usage {
  /** User and system, all threads, seconds. */
  cpuSeconds: number;
  /** Of the thread that runs JavaScript. */
  mainSeconds: number;
  /** Memory that is its own: without the pages of files it has mapped, such as the log. */
  ownBytes: number;
}

const ticksPerSecond = 100;

/** Starts `taphouse start` over a data folder and waits until it is ready. */
export async function openTap(dataFolder: string, port: number, ...flags: string[]): Promise<Tap> {
  const spawnedAt = performance.now();
  const args = [cli, 'start', '--port', String(port), '--data', dataFolder, '--no-traffic', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const url = `http://127.0.0.1:${port}`;
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`taphouse start ended with ${child.exitCode}:\n${complaints}`);
    await sleep(10);
  }
  const gauges = async (): Promise<Gauges> => readGauges(await (await fetch(`${url}/metrics`)).text());
  return {
    url,
    readyMs: performance.now() - spawnedAt,
    gauges,
    usage: () => usageOf(child),
    async caughtUp(withinMs) {
      while (performance.now() - spawnedAt < withinMs) {
        if ((await gauges()).lagSeconds < 2) return performance.now() - spawnedAt;
        await sleep(50);
      }
      return undefined;
    },
    async stop(signal) {
      child.kill(signal);
      const code = await ended;
      if (code !== 0 && signal !== 'SIGKILL') throw new Error(`taphouse start ended with ${code}:\n${complaints}`);
      return code;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { ok } = await fetch(`${url}/ready`);
    return ok;
  } catch {
    return false;
  }
}

function readGauges(text: string): Gauges {
  const value = (name: string): number => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  return {
    events: value('taphouse_events_total'),
    lagSeconds: value('taphouse_lag_seconds'),
    logBytes: value('taphouse_log_bytes'),
  };
}

/** CPU and memory of a process of ours, from /proc. */
export function usageOf({ pid }: Pick<ChildProcess, 'pid'>): Usage {
  const seconds = readdirSync(`/proc/${pid}/task`).map(
    (thread) => [thread, secondsOf(`/proc/${pid}/task/${thread}/stat`)] as const,
  );
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: secondsOf(`/proc/${pid}/stat`),
    mainSeconds: seconds.find(([thread]) => thread === String(pid))?.[1] ?? Number.NaN,
    ownBytes: Number(kilobytes) * 1024,
  };
}

function secondsOf(statPath: string): number {
  const fields = readFileSync(statPath, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
