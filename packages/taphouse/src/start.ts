import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { simulate } from '@taphouse/beer-shop/simulate';
import { createCollector } from '@taphouse/collector';
import { listen, openDeadLetters } from '@taphouse/collector/node';
import { openLake } from '@taphouse/lake/files';
import { pump } from '@taphouse/sessions';
import { openPumpState } from '@taphouse/sessions/lmdb';
import { openLog } from '@taphouse/streams/log';
import { Hono } from 'hono';

import { type Config, UsageError } from './config.ts';
import { openLiveHub } from './live-hub.ts';
import { pages } from './pages.ts';

/** A running tap. */
export interface Taphouse {
  /** Where it listens, such as `http://localhost:7400`. */
  url: string;
  /** What was in the data folder at the start. */
  found: { events: number; files: number };
  /** Rejects if the pump can not go on. */
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
  const { dataFolder, window } = config;
  claimFolder(dataFolder);
  const hub = openLiveHub(window);
  const stream = await openLog({ path: join(dataFolder, 'log') });
  const state = await openPumpState(join(dataFolder, 'state'));
  const lakeFolder = join(dataFolder, 'lake');
  const lake = await openLake({
    folder: lakeFolder,
    onCommit: (table, manifest) => hub.lake({ table, version: manifest.version }),
  });
  const manifest = await lake.manifest('rawdata');
  const found = { events: manifest.files.reduce((rows, file) => rows + file.rows, 0), files: manifest.files.length };

  const gauges: Record<string, number> = {};
  const app = new Hono();
  app.route(
    '/',
    createCollector({
      stream,
      deadLetters: await openDeadLetters(join(dataFolder, 'dead-letters')),
      live: hub,
      gauges: () => gauges,
      ip: config.ip,
      trustedHops: config.trustedHops,
      ...(config.writeKeys ? { writeKeys: config.writeKeys } : {}),
      ...(config.eventsPerSecond ? { rateLimit: { eventsPerSecond: config.eventsPerSecond } } : {}),
      ...(config.log ? { log: (line) => console.log(JSON.stringify(line)) } : {}),
    }),
  );
  app.route('/', pages({ lakeFolder }));
  const server = await listen({ app, port: config.port, hostname: config.hostname });

  const pumping = new AbortController();
  const shards = await stream.shards();
  const pumps = Promise.all(
    shards.map((shard) =>
      pump({
        stream,
        shard,
        state,
        sink: lake,
        window,
        signal: pumping.signal,
        onSlice: ({ events, rows, sessionizer }) => {
          const stats = sessionizer.stats();
          gauges.taphouse_open_windows = stats.openWindows;
          hub.slice(events, rows, { total: stats.openWindows, newest: () => sessionizer.openRows(50) });
        },
        onCommit: (commit) => hub.committed(commit.rows),
        onError: (error, retryInMs) =>
          report(`${error instanceof Error ? error.message : String(error)}; again in ${retryInMs / 1000} s`),
      }),
    ),
  );
  const visiting = new AbortController();
  const url = server.url.replace('127.0.0.1', 'localhost');
  const visitors =
    config.trafficPerSecond > 0
      ? simulate({
          endpoint: server.url,
          perSecond: config.trafficPerSecond,
          signal: visiting.signal,
          onError: (error) => report(error.message),
        })
      : Promise.resolve();

  return {
    url,
    found,
    failed: pumps.then(() => new Promise<never>(() => {})),
    async close() {
      visiting.abort();
      await visitors;
      await server.close();
      pumping.abort();
      await pumps;
      hub.close();
      await lake.close();
      await state.close();
      await stream.close();
    },
  };
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
