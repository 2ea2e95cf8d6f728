/**
 * CPU a request of 20 events costs, and how long it takes at 64 connections: a raw node:http server that reads the
 * body and answers 204, a bare Hono app, and the collector over a stream that keeps nothing, in memory, and on disk. Each runs in a process
 * of its own, load comes from another, rounds are interleaved, and medians are reported.
 *
 * `pnpm bench collector [--rounds 5] [--seconds 3]`
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { beerBatch } from '../beer-batch.ts';
import { median } from '../median.ts';
import { writeResults } from '../results.ts';
import { benchStores } from './stores.ts';

interface Variant {
  name: string;
  url: string;
  process: ChildProcess;
  rounds: Round[];
}

interface Round {
  cpuUs: number;
  perSecond: number;
  p99Ms: number;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const names = values.only?.split(',') ?? ['raw', 'hono', 'nowhere', 'memory', 'log'];
const variants: Variant[] = [];
for (const name of names) variants.push(await startVariant(name));
const bodyFile = join(tmpdir(), `taphouse-bench-body-${process.pid}.json`);
for (let round = -1; round < Number(values.rounds); round += 1)
  for (const variant of variants) {
    writeFileSync(bodyFile, beerBatch());
    const result = await load(variant, round < 0 ? 1 : Number(values.seconds));
    // The first is for the compiler.
    if (round >= 0) variant.rounds.push(result);
  }
for (const variant of variants) variant.process.disconnect();
const tables = [report()];
if (!values.only) tables.push(await benchStores(Number(values.rounds), Number(values.seconds)));
console.log(tables.join('\n\n'));
if (!values.only) writeResults('collector', tables.join('\n\n'));

async function startVariant(name: string): Promise<Variant> {
  const child = fork(join(import.meta.dirname, 'server.ts'), [name], { stdio: 'inherit' });
  const url = await new Promise<string>((resolve) => child.once('message', (message) => resolve(String(message))));
  return { name, url, process: child, rounds: [] };
}

async function load({ url, process: child }: Variant, seconds: number): Promise<Round> {
  const before = await cpu(child);
  const { requests, non2xx, errors, latency } = await autocannon(url, seconds);
  const used = (await cpu(child)) - before;
  if (non2xx > 0 || errors > 0)
    throw new Error(`bench: ${non2xx} refusals and ${errors} errors; the figures would mean nothing`);
  return { cpuUs: used / requests.total, perSecond: requests.average, p99Ms: latency.p99 };
}

function cpu(child: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once('message', (usage: NodeJS.CpuUsage) => resolve(usage.user + usage.system));
  child.send('cpu');
  return promise;
}

interface Load {
  requests: { total: number; average: number };
  latency: { p99: number };
  non2xx: number;
  errors: number;
}

async function autocannon(url: string, seconds: number): Promise<Load> {
  const command = join(import.meta.dirname, '../node_modules/autocannon/autocannon.js');
  const options = [
    '--json',
    '-c',
    '64',
    '-d',
    String(seconds),
    '-m',
    'POST',
    '-i',
    bodyFile,
    '-H',
    'content-type: text/plain',
  ];
  const child = spawn(process.execPath, [command, ...options, `${url}/v1/events`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let json = '';
  for await (const chunk of child.stdout) json += String(chunk);
  return JSON.parse(json) as Load;
}

function report(): string {
  const raw = variants.find(({ name }) => name === 'raw') ?? variants[0]!;
  const rows = variants.map(({ name, rounds }) => {
    const ratio = median(rounds.map(({ cpuUs }, i) => cpuUs / raw.rounds[i]!.cpuUs));
    const leastRatio = least(rounds) / least(raw.rounds);
    const figure = (key: keyof Round): string => median(rounds.map((round) => round[key])).toFixed(0);
    const cpu = `${figure('cpuUs')} (${least(rounds).toFixed(0)})`;
    return `| ${name} | ${cpu} | ${ratio.toFixed(2)} (${leastRatio.toFixed(2)}) | ${figure('perSecond')} | ${figure('p99Ms')} |`;
  });
  return [
    `A POST of 20 events, ${beerBatch().length} bytes, 64 connections; medians of ${values.rounds} interleaved rounds of ${values.seconds} s, the least in brackets. CPU is the server's, user and system, lmdb's own thread included. \`nowhere\` is the whole collector before a stream that keeps nothing.`,
    '',
    '| | CPU us a request | x raw | requests/s | p99 ms |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** What a round costs that was disturbed least. */
function least(rounds: readonly Round[]): number {
  return Math.min(...rounds.map(({ cpuUs }) => cpuUs));
}
