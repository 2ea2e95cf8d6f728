import { resolve } from 'node:path';

import { parseWindow, type StaggerWindow } from '@taphouse/sessions';

/** Everything that `taphouse start` can be told. */
export interface Config {
  /** TCP port on `hostname`. `TAPHOUSE_PORT`, `--port`; default 7400. */
  port: number;
  /** Address to listen on; only this machine by default. */
  hostname: string;
  /** Data folder, absolute. `TAPHOUSE_DATA`, `--data`; default `./data`. */
  dataFolder: string;
  /** Stagger window. `TAPHOUSE_WINDOW`, `--window`: `seconds` (default), `minutes` or `<step>s`. */
  window: StaggerWindow;
  /** Keys a batch must carry one of. `TAPHOUSE_WRITE_KEYS`, separated by commas; any key is taken if unset. */
  writeKeys?: readonly string[];
  /** Clicks per second of simulated visitors; 0 for none. `--rate`, `--no-traffic`; default 20. */
  trafficPerSecond: number;
}

/** What the command line said, as `parseArgs` gives it. */
export interface Flags {
  port?: string | undefined;
  data?: string | undefined;
  window?: string | undefined;
  rate?: string | undefined;
  'no-traffic'?: boolean | undefined;
}

/** Something the user told us is wrong: shown as one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Flags over environment over defaults.
 *
 * @throws UsageError naming the setting, the fault, the value and the remedy
 */
export function readConfig(flags: Flags, environment: NodeJS.ProcessEnv): Config {
  const writeKeys = environment.TAPHOUSE_WRITE_KEYS?.split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  return {
    port: readPort(flags.port ?? environment.TAPHOUSE_PORT ?? '7400'),
    hostname: '127.0.0.1',
    dataFolder: resolveData(flags.data, environment),
    window: readWindow(flags.window ?? environment.TAPHOUSE_WINDOW ?? 'seconds'),
    trafficPerSecond: flags['no-traffic'] ? 0 : readRate(flags.rate ?? '20'),
    ...(writeKeys && writeKeys.length > 0 ? { writeKeys } : {}),
  };
}

/** The data folder alone, for commands that start no server. `pnpm` runs scripts elsewhere and keeps the caller's folder in INIT_CWD. */
export function resolveData(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  return resolve(environment.INIT_CWD ?? '.', flag ?? environment.TAPHOUSE_DATA ?? 'data');
}

/** @throws UsageError if `text` is not a positive number */
export function readRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0 && rate <= 100_000))
    throw new UsageError(`--rate: ${text} is not a number of clicks per second between 0 and 100000`);
  return rate;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`port: ${text} is not a whole number from 0 to 65535; set --port or TAPHOUSE_PORT`);
  }
  return port;
}

function readWindow(text: string): StaggerWindow {
  try {
    return parseWindow(text);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
