import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { WriteKey } from '@taphouse/collector';
import { type AlertRule, type LagWindow, parseAlerts, parseWindow, type StaggerWindow } from '@taphouse/sessions';

/** Everything that `taphouse start` can be told. */
export interface Config {
  /** TCP port on `hostname`. `TAPHOUSE_PORT`, `--port`; default 7400. */
  port: number;
  /** Address to listen on. `TAPHOUSE_HOST`, `--host`; default 127.0.0.1, this machine only. */
  hostname: string;
  /**
   * What readers of dashboard, SQL page, lake, live view and metrics are asked for. `TAPHOUSE_TOKEN`; unset, one is made
   * and kept in the data folder if `hostname` is not this machine only.
   */
  token?: string;
  /** Data folder, absolute. `TAPHOUSE_DATA`, `--data`; default `./data`. */
  dataFolder: string;
  /** Stagger window. `TAPHOUSE_WINDOW`, `--window`: `seconds` (default), `minutes` or `<step>s`. */
  window: StaggerWindow;
  /**
   * Live sessions, which a pause of so long ends. `TAPHOUSE_GAP`, `--gap`, such as `30m` or `90s`; unset, none are
   * followed. The rows of the lake are the same with and without: they give sessions of any length when asked.
   */
  lag?: LagWindow;
  /**
   * Keys a batch must carry one of. `TAPHOUSE_WRITE_KEYS`, separated by commas, each alone or with the origins of the
   * pages that may use it: `app,shop=https://shop.example|https://www.shop.example`. Any key is taken if unset.
   */
  writeKeys?: readonly WriteKey[];
  /** Proxies of yours in front, whose X-Forwarded-For is believed. `TAPHOUSE_TRUSTED_HOPS`; default 0. */
  trustedHops: number;
  /** What is stored of an address. `TAPHOUSE_IP`: `truncated` (default; /24 or /48) or `none`. */
  ip: 'truncated' | 'none';
  /** Events a second that one write key and address may send in the long run. `TAPHOUSE_RATE_LIMIT`; no limit if unset. */
  eventsPerSecond?: number;
  /** Bounds on the engine's memory. */
  memory: {
    /** Of event ids seen; what has no room is on disk. `TAPHOUSE_SEEN_MB`; default 256. */
    maxSeenBytes: number;
    /** Windows open at once; one more closes the oldest early. `TAPHOUSE_MAX_WINDOWS`; no bound if unset. */
    maxOpenWindows?: number;
  };
  /** Refusals and faults as JSON lines on standard output. `TAPHOUSE_LOG=json`; default off. */
  log: boolean;
  /** What to say of closed windows or, with `lag`, of sessions that ended. `TAPHOUSE_ALERTS`, such as `short: duration_sec < 20`; see `parseAlerts`. */
  alerts: readonly AlertRule[];
  /** Where alerts are POSTed. `TAPHOUSE_ALERT_WEBHOOK`, signed with `TAPHOUSE_ALERT_SECRET` if that is set. */
  webhook?: { url: string; secret?: string };
  /** Who visits: `shoppers` with a purpose (default), or the `article`'s random clicks. `--visitors`. */
  visitors: 'shoppers' | 'article';
  /** Clicks per second of simulated visitors; 0 for none. `--rate`, `--no-traffic`; default 20. */
  trafficPerSecond: number;
}

/** What the command line said, as `parseArgs` gives it. */
export interface Flags {
  host?: string | undefined;
  port?: string | undefined;
  data?: string | undefined;
  window?: string | undefined;
  gap?: string | undefined;
  rate?: string | undefined;
  visitors?: string | undefined;
  'no-traffic'?: boolean | undefined;
}

/** Something the user told us is wrong: shown as one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Flags over environment over defaults. What is empty in the environment is not set, as Compose hands it on.
 *
 * @throws UsageError naming the setting, the fault, the value and the remedy
 */
export function readConfig(flags: Flags, environment: NodeJS.ProcessEnv): Config {
  const writeKeys = readWriteKeys(environment.TAPHOUSE_WRITE_KEYS ?? '');
  const rateLimit = environment.TAPHOUSE_RATE_LIMIT;
  return {
    port: readPort(flags.port ?? (environment.TAPHOUSE_PORT || '7400')),
    hostname: flags.host ?? (environment.TAPHOUSE_HOST || '127.0.0.1'),
    ...readToken(environment.TAPHOUSE_TOKEN),
    dataFolder: resolveData(flags.data, environment),
    window: readWindow(flags.window ?? (environment.TAPHOUSE_WINDOW || 'seconds')),
    ...readGap(flags.gap ?? environment.TAPHOUSE_GAP),
    trafficPerSecond: flags['no-traffic'] ? 0 : readRate(flags.rate ?? '20'),
    visitors: readVisitors(flags.visitors ?? 'shoppers'),
    alerts: usage(() => parseAlerts(environment.TAPHOUSE_ALERTS ?? '')),
    ...readWebhook(environment),
    trustedHops: readCount('TAPHOUSE_TRUSTED_HOPS', environment.TAPHOUSE_TRUSTED_HOPS || '0'),
    memory: readMemory(environment),
    ip: oneOf('TAPHOUSE_IP', environment.TAPHOUSE_IP || 'truncated', ['truncated', 'none']),
    log: oneOf('TAPHOUSE_LOG', environment.TAPHOUSE_LOG || 'off', ['off', 'json']) === 'json',
    ...(writeKeys.length > 0 ? { writeKeys } : {}),
    ...(rateLimit ? { eventsPerSecond: readCount('TAPHOUSE_RATE_LIMIT', rateLimit) } : {}),
  };
}

/** The data folder alone, for commands that start no server. `pnpm` runs scripts elsewhere and keeps the caller's folder in INIT_CWD. */
export function resolveData(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  return resolve(environment.INIT_CWD || '.', flag ?? (environment.TAPHOUSE_DATA || 'data'));
}

/**
 * The lake of a data folder.
 *
 * @throws UsageError if there is none, for a wrong folder must not look like an empty lake
 */
export function lakeFolderOf(dataFolder: string): string {
  const folder = join(dataFolder, 'lake');
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UsageError(`no lake at ${folder}; set --data or TAPHOUSE_DATA to the data folder of taphouse start`);
}

/** Most simulated clicks per second, as `simulate` has it. */
const maxRate = 5_000;

/** @throws UsageError if `text` is not a rate that can be simulated */
export function readRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0 && rate <= maxRate))
    throw new UsageError(`--rate: ${text} is not a number of clicks per second above 0, at most ${maxRate}`);
  return rate;
}

function readWriteKeys(text: string): WriteKey[] {
  return parts(text, ',').map((part) => {
    const [key = '', origins] = part.split('=', 2);
    if (origins === undefined) return { key };
    for (const origin of parts(origins, '|')) {
      if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
        throw new UsageError(`TAPHOUSE_WRITE_KEYS: ${origin} is no origin; write one such as https://shop.example`);
      }
    }
    return { key, origins: parts(origins, '|') };
  });
}

function parts(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (text.trim() === '' || !Number.isInteger(count) || count < 0)
    throw new UsageError(`${name}: ${text} is not a whole number from 0 up`);
  return count;
}

function readMemory(environment: NodeJS.ProcessEnv): Config['memory'] {
  const windows = environment.TAPHOUSE_MAX_WINDOWS;
  const maxOpenWindows = windows ? readCount('TAPHOUSE_MAX_WINDOWS', windows) : undefined;
  if (maxOpenWindows === 0)
    throw new UsageError('TAPHOUSE_MAX_WINDOWS: 0 leaves no window to count in; give 1 or more');
  return {
    maxSeenBytes: readCount('TAPHOUSE_SEEN_MB', environment.TAPHOUSE_SEEN_MB || '256') * 1024 * 1024,
    ...(maxOpenWindows !== undefined && { maxOpenWindows }),
  };
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (!choice) throw new UsageError(`${name}: ${text} is not one of ${choices.join(', ')}`);
  return choice;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`port: ${text} is not a whole number from 0 to 65535; set --port or TAPHOUSE_PORT`);
  }
  return port;
}

function readGap(text: string | undefined): Pick<Config, 'lag'> {
  if (!text) return {};
  const [, count, unit] = /^(\d{1,5})(s|m|h)$/.exec(text) ?? [];
  const gapMs = Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit ?? '']!;
  if (gapMs >= 1_000 && gapMs <= 86_400_000) return { lag: { gapMs } };
  throw new UsageError(
    `--gap: ${text} is no pause from 1s to 24h; write one such as 30m or 90s, or set no TAPHOUSE_GAP`,
  );
}

/** @throws UsageError if `text` is no window */
export function readWindow(text: string): StaggerWindow {
  return usage(() => parseWindow(text));
}

/**
 * Step of rows made of whole days, milliseconds.
 *
 * @throws UsageError if `text` is no window, or a day is no multiple of its step
 */
export function readDayStep(text: string): number {
  const { stepMs } = readWindow(text);
  if (86_400_000 % stepMs === 0) return stepMs;
  throw new UsageError(`--window: a step of ${text} does not divide a day; take one that does, such as 10s or 60s`);
}

/** @throws UsageError if `text` is no kind of visitors */
export function readVisitors(text: string): Config['visitors'] {
  return oneOf('--visitors', text, ['shoppers', 'article']);
}

/** Whether nobody but this machine reaches the address. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|::1|127(\.\d+){3})$/.test(hostname);
}

function readToken(token: string | undefined): Pick<Config, 'token'> {
  if (!token) return {};
  if (token.length < 16)
    throw new UsageError(`TAPHOUSE_TOKEN: ${token.length} characters are soon guessed; give 16 or more`);
  return { token };
}

function readWebhook({
  TAPHOUSE_ALERT_WEBHOOK: url,
  TAPHOUSE_ALERT_SECRET: secret,
}: NodeJS.ProcessEnv): Pick<Config, 'webhook'> {
  if (!url) return {};
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new UsageError(`TAPHOUSE_ALERT_WEBHOOK: ${url} is no URL; give one such as https://hooks.example/taphouse`);
  return { webhook: { url, ...(secret ? { secret } : {}) } };
}

/** What a parser calls a RangeError is the user's to mend here. */
function usage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
