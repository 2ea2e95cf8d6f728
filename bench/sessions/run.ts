/**
 * `pnpm bench sessions [--events 1000000] [--keys 50000,500000,5000000] [--seeds 10000]`
 * `pnpm bench sessions --page-loads 10000000`: ids that outgrow memory, alone
 *
 * The engine on one core: events a second and bytes an open window, beside native DuckDB's batch query over the same
 * events on one thread; snapshots; and the engine's merged rows against brute force. CPU time, not wall time, so that other
 * work on the machine disturbs less (it still takes cache and memory bandwidth).
 */
import { parseArgs } from 'node:util';
import {
  type Sessionizer,
  createSessionizer,
  restoreSessionizer,
  windowPresets,
} from '../../packages/sessions/src/index.ts';
import { batchSessions } from '../../packages/sessions/src/sql/index.ts';
import { openNativeDuckDb } from '../../packages/sessions/src/testing/native.ts';
import { pageLoadsReport } from './page-loads.ts';
import { median } from '../median.ts';
import { writeResults } from '../results.ts';
import { clickSlices } from './clicks.ts';
import { closingCosts } from './closing.ts';
import { compareSeeds } from './compare-seeds.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    keys: { type: 'string', default: '50000,500000,5000000' },
    'page-loads': { type: 'string' },
    seeds: { type: 'string', default: '10000' },
    save: { type: 'boolean', default: false },
  },
});
if (values['page-loads']) {
  const markdown = await pageLoadsReport(Number(values['page-loads']));
  console.log(markdown);
  if (values.save) writeResults('sessions: ids that outgrow memory', markdown);
  process.exit();
}
const events = Number(values.events);
const window = windowPresets.seconds;

interface Line {
  keys: number;
  open: number;
  engine: number;
  duckdb: number;
  bytes: number;
  snapshotMs: number;
  restoreMs: number;
}

const lines: Line[] = [];
for (const keys of values.keys.split(',').map(Number)) {
  const line = await measure(keys);
  lines.push(line);
  console.log(line);
}
const closing = lines.map(({ keys }) => ({ keys, ...closingCosts(keys, 1_000_000) }));
console.log(closing);
const seeds = compareSeeds(Number(values.seeds));
console.log(seeds);
const markdown = report();
console.log(markdown);
if (values.save) writeResults('sessions', markdown);

async function measure(keys: number): Promise<Line> {
  const source = { keys, perWindow: 4, seed: 7 };
  // Until windows close as fast as they open, code is compiled and tables have grown.
  const warmUp = Math.max(500_000, keys * source.perWindow * 1.2);
  const sessionizer = createSessionizer(window);
  // Five at few keys, where a round is short and other work on the machine disturbs it most.
  const rounds = keys > 1_000_000 ? 1 : 5;
  const cpuMs = Array.from({ length: rounds }, () => 0);
  let done = 0;
  let open = 0;
  let bytes = 0;
  for (const slice of clickSlices(source, warmUp + events * rounds)) {
    const from = process.threadCpuUsage();
    sessionizer.prepare(slice);
    for (const event of slice) sessionizer.push(event, event.received_at);
    const round = Math.floor((done - warmUp) / events);
    if (round >= 0 && round < rounds) cpuMs[round] = (cpuMs[round] as number) + cpuMsSince(from);
    done += slice.length;
    const stats = sessionizer.stats();
    if (stats.openWindows > open) {
      open = stats.openWindows;
      bytes = stats.memoryBytes / open;
    }
  }
  const { snapshotMs, restoreMs } =
    keys > 1_000_000 ? { snapshotMs: Number.NaN, restoreMs: Number.NaN } : saved(sessionizer);
  const duckdb = await duckDbRate(source, Math.min(events, 1_000_000));
  return { keys, open, engine: events / median(cpuMs) / 1000, duckdb, bytes, snapshotMs, restoreMs };
}

function saved(sessionizer: Sessionizer): { snapshotMs: number; restoreMs: number } {
  const saving = process.threadCpuUsage();
  const snapshot = sessionizer.snapshot();
  const snapshotMs = cpuMsSince(saving);
  const restoring = process.threadCpuUsage();
  restoreSessionizer([snapshot]);
  return { snapshotMs, restoreMs: cpuMsSince(restoring) };
}

/** Millions of events a second of the batch query on one thread, the table in memory. */
async function duckDbRate(source: Parameters<typeof clickSlices>[0], count: number): Promise<number> {
  const db = await openNativeDuckDb();
  await db.run(
    'CREATE TABLE rawdata (event_id VARCHAR, user_id VARCHAR, device_id VARCHAR, client_event VARCHAR, client_timestamp TIMESTAMP, received_at TIMESTAMP)',
  );
  for (const slice of clickSlices(source, count, 5000)) {
    const rows = slice.map(
      (event) =>
        `('${event.event_id}','${event.user_id}','${event.device_id}','${event.client_event}',epoch_ms(${event.client_timestamp}),epoch_ms(${event.received_at}))`,
    );
    await db.run(`INSERT INTO rawdata VALUES ${rows.join(',')}`);
  }
  const query = batchSessions({ ...window, rawdata: 'rawdata' });
  const rates = [];
  for (let round = 0; round < 2; round += 1) {
    const from = process.cpuUsage();
    await db.run(`CREATE OR REPLACE TABLE found AS ${query}`);
    const { user, system } = process.cpuUsage(from);
    rates.push(count / (user + system));
  }
  return Math.max(...rates);
}

function cpuMsSince(from: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(from);
  return (user + system) / 1000;
}

function report(): string {
  const millions = (rate: number): string => `${rate.toFixed(2)} M`;
  const milliseconds = (ms: number): string => (Number.isNaN(ms) ? '' : String(Math.round(ms)));
  const rows = lines.map((line) => {
    const cost = (lines[0] as Line).engine / line.engine;
    const cells = [
      line.keys.toLocaleString('en'),
      line.open.toLocaleString('en'),
      millions(line.engine),
      `${cost.toFixed(2)} x`,
      millions(line.duckdb),
      Math.round(line.bytes),
      milliseconds(line.snapshotMs),
      milliseconds(line.restoreMs),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `Engine on one core, string ids, copies removed, 4 clicks a window, events/s of CPU time, median of 5 rounds (of 1 at 5 million); DuckDB's batch query over the same kind of
events (1 M of them, table in memory, copies removed) on one thread; memory of windows, visitors and seen ids with room to grow.

| visitors | open windows | engine | cost of an event | DuckDB batch | bytes a window | snapshot, ms | restore, ms |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}

To open and close a window, ns: ${closing.map(closingText).join('; ')}.

Merged rows against brute force, windows closed early at random, rows copied: ${seeds.seeds.toLocaleString('en')} seeds,
${seeds.arrivals.toLocaleString('en')} arrivals, ${seeds.differences} differences.`;
}

function closingText({ keys, ring, wheel, map }: (typeof closing)[number]): string {
  const others = map === undefined ? '' : `, a Map as a queue ${Math.round(map).toLocaleString('en')}`;
  return `${keys.toLocaleString('en')} open: the engine's ring ${Math.round(ring)}, a timing wheel ${Math.round(wheel)}${others}`;
}
