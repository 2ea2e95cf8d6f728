import { accessSync, constants, mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { simulate } from '@taphouse/beer-shop/simulate';
import { createCollector, type LogLine } from '@taphouse/collector';
import { listen, openDeadLetters } from '@taphouse/collector/node';
import { readManifest } from '@taphouse/lake';
import { directoryStore, openLake } from '@taphouse/lake/files';
import { openPumpState } from '@taphouse/sessions/lmdb';
import { openLog } from '@taphouse/streams/log';
import { Hono } from 'hono';

import { openAlertOutbox } from './alert-outbox.ts';
import { type Config, isLoopback, UsageError } from './config.ts';
import { heedErasures } from './heed-erasures.ts';
import { openLiveHub } from './live-hub.ts';
import { pages } from './pages.ts';
import { askToken, keptToken } from './reader-token.ts';
import { runPumps } from './run-pumps.ts';
import { createAlertSender } from './send-alerts.ts';

/** A running tap. */
export interface Taphouse {
  /** Where it listens, such as `http://localhost:7400`. */
  url: string;
  /** What readers are asked for, where the configuration names none and the address is not this machine only. */
  madeToken?: string;
  /** What was in the data folder at the start. */
  found: { events: number; files: number };
  /** Rejects when sessions can not go on. */
  readonly failed: Promise<never>;
  /** Stops taking, closes open windows, and leaves the data folder consistent. Under 10 s. */
  close(): Promise<void>;
}

/** What the running tap says about itself. */
export interface Report {
  (line: string): void;
}

/**
 * Wires the whole way in one process: collector -> log -> pump -> lake, the pages that read the lake, and the
 * simulated visitors that come in through the front door like everyone else.
 *
 * @throws UsageError if the port is taken or the data folder can not be written
 */
export async function start(config: Config, report: Report): Promise<Taphouse> {
  claimFolder(config.dataFolder);
  const opened: Close[] = [];
  try {
    return await wire(config, report, opened);
  } catch (error) {
    // A process that exits beside a write of lmdb may hang: 9 of 37 starts on an address that is not there did.
    await closeAll(opened).catch((fault: unknown) => report(messageOf(fault)));
    throw error;
  }
}

type Close = () => Promise<unknown> | void | undefined;

/** What was opened last first. */
async function closeAll(opened: readonly Close[]): Promise<void> {
  for (const close of opened.toReversed()) await close();
}

/** Puts into `opened` how to close what it opens, in that order. */
async function wire(config: Config, report: Report, opened: Close[]): Promise<Taphouse> {
  const { dataFolder, window, lag } = config;
  const hub = openLiveHub(window, lag);
  opened.push(() => hub.close());
  const lakeFolder = join(dataFolder, 'lake');
  const startAfter = await endOfLake(lakeFolder);
  const log = await openLog({ path: join(dataFolder, 'log'), minFreeBytes, ...(startAfter ? { startAfter } : {}) });
  opened.push(() => log.close());
  const state = await openPumpState(join(dataFolder, 'state'));
  opened.push(() => state.close());
  const lake = await openLake({
    folder: lakeFolder,
    onCommit: (table, manifest) => hub.lake({ table, version: manifest.version }),
  });
  opened.push(() => lake.close());
  const manifest = await lake.manifest('rawdata');
  const found = { events: manifest.files.reduce((rows, file) => rows + file.rows, 0), files: manifest.files.length };

  const outbox = config.webhook && (await openAlertOutbox(join(dataFolder, 'alerts')));
  opened.push(() => outbox?.close());
  const alerts = createAlertSender({
    rules: config.alerts,
    report,
    ...(config.webhook && outbox && { webhook: { ...config.webhook, outbox } }),
  });
  opened.push(() => alerts.close());
  const pumps = await runPumps({ log, state, lake, window, lag, memory: config.memory, hub, alerts, report });
  opened.push(() => pumps.stop());
  const erasures = await heedErasures(lake, pumps, hub, report);
  opened.push(() => erasures.close());
  const madeToken = config.token || isLoopback(config.hostname) ? undefined : keptToken(join(dataFolder, 'token'));
  const token = config.token || madeToken;
  const app = new Hono();
  if (token) app.route('/', askToken(token));
  const collector = createCollector({
    stream: log,
    deadLetters: await openDeadLetters(join(dataFolder, 'dead-letters')),
    live: hub,
    gauges: () => pumps.gauges(),
    refuses: (userId) => erasures.refuses(userId),
    busy: () => pumps.busy(),
    ip: config.ip,
    trustedHops: config.trustedHops,
    ...(config.writeKeys ? { writeKeys: config.writeKeys } : {}),
    ...(config.eventsPerSecond ? { rateLimit: { eventsPerSecond: config.eventsPerSecond } } : {}),
    ready: () => whyNotReady(dataFolder),
    log: config.log ? (line) => console.log(JSON.stringify(line)) : faultsOnceAMinute(report),
  });
  app.route('/', collector);
  app.route('/', pages({ lakeFolder }));
  // What is no route of anyone's gets the collector's answer, with a reason and an id.
  app.notFound((c) => collector.fetch(c.req.raw));
  const server = await listen({ app, port: config.port, hostname: config.hostname });
  opened.push(() => server.close());

  const visiting = new AbortController();
  const url = server.url.replace(/127\.0\.0\.1|0\.0\.0\.0|\[::\]/, 'localhost');
  const writeKey = simulatorKey(config);
  const visitors =
    config.trafficPerSecond > 0
      ? simulate({
          endpoint: server.url,
          perSecond: config.trafficPerSecond,
          visitors: config.visitors,
          writeKey,
          signal: visiting.signal,
          onError: (error) => report(error.message),
        }).catch((error: unknown) => report(`${messageOf(error)}; the simulated visitors stay at home`))
      : Promise.resolve();
  opened.push(() => {
    visiting.abort();
    return visitors;
  });
  if (config.writeKeys && !config.writeKeys.some(({ key }) => key === shopKey)) {
    report(
      `TAPHOUSE_WRITE_KEYS does not have the key of the beer shop, ${shopKey}: its clicks are refused; add the key to see them`,
    );
  }

  return {
    url,
    ...(madeToken ? { madeToken } : {}),
    found,
    failed: pumps.failed,
    close: () => closeAll(opened),
  };
}

/**
 * How far the lake goes, for a log that begins behind one that was put back from a copy: by either table, for a copy of a
 * running lake has manifests of two moments. The only shard of a log is 0.
 */
async function endOfLake(folder: string): Promise<string | undefined> {
  const store = directoryStore(folder);
  const manifests = await Promise.all((['rawdata', 'aggregated'] as const).map((table) => readManifest(store, table)));
  return manifests
    .flatMap(({ manifest }) => manifest.marks['0']?.position ?? [])
    .toSorted((a, b) => (a < b ? -1 : 1))
    .at(-1);
}

/** What the log leaves free; below it, it refuses batches and `/ready` says so. */
const minFreeBytes = 64 * 1024 ** 2;

async function whyNotReady(dataFolder: string): Promise<string | null> {
  const { bavail, bsize } = await statfs(dataFolder);
  return bavail * bsize < minFreeBytes
    ? `disk of ${dataFolder}: less than 64 MiB free; batches are refused until there is more`
    : null;
}

/** For people at a terminal: what keeps the collector from storing, and no more often than they can read it. */
function faultsOnceAMinute(report: Report): (line: LogLine) => void {
  const saidAt = new Map<string, number>();
  return ({ level, message, reason }) => {
    const text = reason ? `${message}: ${reason}` : message;
    if (level !== 'error' || Date.now() - (saidAt.get(message) ?? 0) < 60_000) return;
    saidAt.set(message, Date.now());
    report(text);
  };
}

/** The key in the beer shop's page. */
const shopKey = 'demo';

/** A key that needs no page: the simulator is a server. */
function simulatorKey({ writeKeys }: Config): string {
  return writeKeys?.find(({ origins }) => origins === undefined)?.key ?? shopKey;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function claimFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const fault = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault';
    throw new UsageError(
      `data folder ${folder}: can not be written (${fault}); set --data or TAPHOUSE_DATA to a folder that can`,
    );
  }
}
