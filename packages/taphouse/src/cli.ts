#!/usr/bin/env node
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { readConfig, readRate, readVisitors, resolveData, UsageError } from './config.ts';

const own = createRequire(import.meta.url)('../package.json') as { version: string };

const help = `taphouse - clickstream sessions on tap

  taphouse start [--port 7400] [--host 127.0.0.1] [--data ./data] [--window seconds|minutes|<step>s]
                 [--gap 30m] [--rate 20] [--visitors shoppers|article] [--no-traffic]
      collector, sessions, lake and dashboard in one process, with simulated visitors unless --no-traffic
  taphouse simulate [--endpoint http://localhost:7400] [--rate 20] [--visitors article|shoppers] [--write-key demo]
      the article's visitors, or believable ones, at a rate in clicks per second, against any collector
  taphouse query [--data ./data] [--format table|json|csv] "SQL"
      SQL over the lake, also while taphouse runs
  taphouse export [--data ./data] FILE.csv|json|parquet ["SQL"]
      the rows of a query, all sessions if none is given, to a file
  taphouse import [--data ./data] [--window seconds] FILE|FOLDER
      old events: JSON lines, gzip or not, or what Firehose wrote; the same file is never taken in twice
  taphouse compact | retain --days N | erase --user-id ID [--refuse-later]   [--data ./data]
      seal the days that have ended; drop old days; remove a user everywhere, with proof
  taphouse resessionize | check   [--from 2026-11-23] [--to 2026-11-23] [--window 60s] [--data ./data]
      make the rows of some days again from their events, with any step; compare the two
  taphouse doctor [--data ./data] [--port 7400] [--kinesis STREAM]
      looks at Node, disk, lake and, if asked, a Kinesis stream, and says what to mend
  taphouse views --dialect duckdb|athena
      the views as SQL text, for your own DuckDB or Athena
  taphouse --version

Environment: TAPHOUSE_PORT, TAPHOUSE_HOST, TAPHOUSE_TOKEN (for readers), TAPHOUSE_DATA, TAPHOUSE_WINDOW, TAPHOUSE_GAP,
TAPHOUSE_WRITE_KEYS (key or key=origin|origin, separated by commas), TAPHOUSE_RATE_LIMIT (events/s),
TAPHOUSE_SEEN_MB, TAPHOUSE_MAX_WINDOWS, TAPHOUSE_TRUSTED_HOPS, TAPHOUSE_IP (truncated, none), TAPHOUSE_LOG
(off, json), TAPHOUSE_ALERTS (such as "short: duration_sec < 20"), TAPHOUSE_ALERT_WEBHOOK (URL), TAPHOUSE_ALERT_SECRET`;

const options = {
  host: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  window: { type: 'string' },
  gap: { type: 'string' },
  rate: { type: 'string' },
  'no-traffic': { type: 'boolean' },
  endpoint: { type: 'string' },
  visitors: { type: 'string' },
  kinesis: { type: 'string' },
  'write-key': { type: 'string' },
  format: { type: 'string' },
  dialect: { type: 'string' },
  days: { type: 'string' },
  'user-id': { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  'refuse-later': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

type Flags = ReturnType<typeof parse>['values'];

/** What a command takes, so that what it would not heed is refused: `check 2026-11-20` looked at today. */
const takes: Record<string, { flags: readonly (keyof Flags)[]; most: number }> = {
  start: { flags: ['host', 'port', 'data', 'window', 'gap', 'rate', 'visitors', 'no-traffic'], most: 0 },
  simulate: { flags: ['endpoint', 'rate', 'visitors', 'write-key'], most: 0 },
  query: { flags: ['data', 'format'], most: 1 },
  export: { flags: ['data'], most: 2 },
  import: { flags: ['data', 'window'], most: 1 },
  compact: { flags: ['data'], most: 0 },
  retain: { flags: ['data', 'days'], most: 0 },
  erase: { flags: ['data', 'user-id', 'refuse-later'], most: 0 },
  resessionize: { flags: ['data', 'from', 'to', 'window'], most: 0 },
  check: { flags: ['data', 'from', 'to'], most: 0 },
  doctor: { flags: ['data', 'port', 'kinesis'], most: 0 },
  views: { flags: ['dialect'], most: 0 },
};

const commands: Record<string, (flags: Flags, rest: string[]) => Promise<void>> = {
  start: runStart,
  simulate: runSimulate,
  query: async (flags, rest) =>
    (await import('./query.ts')).runQuery(resolveData(flags.data, process.env), rest[0], flags.format),
  compact: async (flags) => (await lakeCommands()).runCompact(resolveData(flags.data, process.env)),
  erase: async (flags) =>
    (await lakeCommands()).runErase(
      resolveData(flags.data, process.env),
      flags['user-id'],
      flags['refuse-later'] ?? false,
    ),
  resessionize: async (flags) =>
    (await lakeCommands()).runResessionize(resolveData(flags.data, process.env), flags, flags.window),
  check: async (flags) => (await lakeCommands()).runCheck(resolveData(flags.data, process.env), flags),
  retain: async (flags) => (await lakeCommands()).runRetain(resolveData(flags.data, process.env), flags.days),
  export: async (flags, rest) =>
    (await import('./query.ts')).runExport(resolveData(flags.data, process.env), callerPath(rest[0]), rest[1]),
  import: async (flags, rest) =>
    (await lakeCommands()).runImport(resolveData(flags.data, process.env), callerPath(rest[0]), flags.window),
  doctor: async (flags) => {
    const { dataFolder, port } = readConfig(flags, process.env);
    const sound = await (await import('./doctor.ts')).runDoctor(dataFolder, port, flags.kinesis);
    if (!sound) process.exitCode = 1;
  },
  views: async (flags) => (await import('./views.ts')).printViews(flags.dialect),
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!isExplained(error)) throw error;
  console.error(`taphouse: ${error.message}`);
  process.exit(2);
}

async function main(argv: string[]): Promise<void> {
  const { values, positionals } = parse(argv);
  const [name, ...rest] = positionals;
  if (values.version) {
    console.log(own.version);
    return;
  }
  if (values.help || name === undefined || name === 'help') {
    console.log(help);
    return;
  }
  const command = commands[name];
  if (!command) throw new UsageError(`${name}: no such command; taphouse help lists them`);
  checkTaken(name, values, rest);
  await command(values, rest);
}

function checkTaken(name: string, values: Flags, rest: readonly string[]): void {
  const { flags, most } = takes[name] ?? { flags: [], most: 0 };
  const foreign = (Object.keys(values) as (keyof Flags)[]).find((flag) => !flags.includes(flag));
  if (foreign) throw new UsageError(`${name}: takes no --${foreign}; taphouse help lists what it takes`);
  if (rest.length > most)
    throw new UsageError(
      `${name}: ${rest[most]} is one word too many; put SQL and names with spaces in quotes, and see taphouse help`,
    );
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${firstLine(error)}; taphouse help lists what there is`);
  }
}

/** A path as the caller meant it: `pnpm` runs scripts in the folder of the package. */
function callerPath(path: string | undefined): string | undefined {
  return path && resolve(process.env.INIT_CWD ?? '.', path);
}

/** Loaded when needed: native DuckDB takes longer to load than help takes to print. */
function lakeCommands(): Promise<typeof import('./lake-commands.ts')> {
  return import('./lake-commands.ts');
}

async function runStart(flags: Flags): Promise<void> {
  const config = readConfig(flags, process.env);
  const { start } = await import('./start.ts');
  const tap = await start(config, (line) => console.error(`taphouse: ${line}`));
  const { stepMs, rangeMs } = config.window;
  console.log(`Taphouse: clickstream sessions on tap

  beer shop   ${tap.url}/
  dashboard   ${tap.url}/dashboard/${tap.madeToken ? `?token=${tap.madeToken}` : ''}
  SQL         ${tap.url}/sql/
  collector   ${tap.url}/v1/events

  data        ${config.dataFolder} (${tap.found.events > 0 ? `goes on; events so far: ${tap.found.events.toLocaleString('en')}` : 'new'})
  sessions    windows of ${stepMs / 1000} s steps, closed ${rangeMs / 1000} s after they open
  visitors    ${config.trafficPerSecond > 0 ? `${config.trafficPerSecond} simulated clicks/s by ${config.visitors} (off: npm start -- --no-traffic)` : 'no simulated ones'}

Ctrl-C stops; what was taken is kept.`);
  const stopped = Promise.withResolvers<void>();
  let signals = 0;
  const stop = (): void => {
    signals += 1;
    if (signals > 1) process.exit(130);
    console.log('\nClosing open windows and writing them to the lake ...');
    stopped.resolve(tap.close());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  await Promise.race([stopped.promise, tap.failed]);
  console.log('Stopped. The next start goes on from here.');
  process.exit(0);
}

async function runSimulate(flags: Flags): Promise<void> {
  const endpoint = flags.endpoint ?? `http://localhost:${process.env.TAPHOUSE_PORT ?? '7400'}`;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw new UsageError(`--endpoint: ${endpoint} is no URL; send one such as http://localhost:7400`);
  const perSecond = readRate(flags.rate ?? '20');
  const { simulate } = await import('@taphouse/beer-shop/simulate');
  const stopping = new AbortController();
  process.on('SIGINT', () => stopping.abort());
  process.on('SIGTERM', () => stopping.abort());
  let sent = 0;
  console.log(`Simulating ${perSecond} clicks/s against ${endpoint} - Ctrl-C stops`);
  await simulate({
    endpoint,
    perSecond,
    writeKey: flags['write-key'] ?? 'demo',
    visitors: readVisitors(flags.visitors ?? 'article'),
    signal: stopping.signal,
    onSent: (count) => {
      sent += count;
    },
    onError: (error) => console.error(`taphouse: ${error.message}`),
  });
  console.log(`Sent ${sent.toLocaleString('en')} clicks.`);
}

/** Whether the message says it all: a taken port, a full disk, a wrong flag. Faults of ours keep their stack. */
function isExplained(error: unknown): error is Error {
  return (
    error instanceof Error &&
    !['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'AssertionError'].includes(error.name)
  );
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0]?.replace(/\.$/, '') ?? text;
}
