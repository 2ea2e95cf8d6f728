/**
 * How fast the lake takes commits, merges, erases, imports and rebuilds sessions.
 * Options: `--events 1000000` for the large table; half a minute at the default on two cores.
 */
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { openDatabase } from '../../packages/lake/src/files/database.ts';
import { type Lake, directoryStore, openLake, openQuery } from '../../packages/lake/src/files/index.ts';
import { changeManifest } from '../../packages/lake/src/index.ts';
import {
  type ClickEvent,
  encodeEvents,
  type ManifestFile,
  type SessionRow,
  partitionPath,
} from '../../packages/schema/src/index.ts';
import { click, sessionRow } from '../../packages/schema/src/testing.ts';
import { writeResults } from '../results.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });
const total = Number(values.events);
const day = 86_400_000;
const startAt = Date.UTC(2026, 8, 1);
const lines: string[] = [];

const beers = [
  'beer_vitrine_nav',
  'beer_products',
  'beer_product_detail',
  'beer_selection',
  'beer_cart',
  'beer_checkout',
];

/** An event of a shop with 20,000 visitors. */
function visit(index: number, at: number): ClickEvent {
  return click({
    event_id: `bench0123456789a-${String(index).padStart(8, '0')}`,
    user_id: String((index * 7919) % 20_000),
    device_id: ['mobile', 'computer', 'tablet'][index % 3] ?? '',
    client_event: beers[index % 6] ?? '',
    client_timestamp: at - (index % 900),
    received_at: at,
    page_url: `https://shop.example/beers/${index % 40}`,
    page_title: 'Beers',
    properties: { beer: `ale ${index % 12}`, price: String((index % 9) + 1) },
    clock_offset_ms: index % 50,
    ip: '10.0.0.0',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36',
  });
}

function rowOf(event: ClickEvent): SessionRow {
  return sessionRow({
    user_id: event.user_id,
    beginsession: event.client_timestamp,
    begin_event_id: event.event_id,
    end_event_id: event.event_id,
    row_id: `bench/${event.event_id}`,
  });
}

let position = 0;
async function commit(lake: Lake, events: ClickEvent[], rows: SessionRow[], lines?: Uint8Array[]): Promise<void> {
  position += 1;
  const clockAt = events.at(-1)?.received_at ?? 0;
  const mark = { position: String(position).padStart(10, '0'), clockAt, drained: true };
  await lake.write({
    shard: '0',
    configHash: 's30000-r30000',
    from: null,
    mark,
    events,
    rows,
    stepMs: 30_000,
    ...(lines && { lines, linesInOrder: true }),
  });
}

function linesOf(events: readonly ClickEvent[]): Uint8Array[] {
  return [new TextEncoder().encode(`${encodeEvents(events)}\n`)];
}

interface Cost {
  seconds: number;
  cpuSeconds: number;
}

async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1e6 };
}

function report(what: string, figure: string): void {
  console.log(`${what}: ${figure}`);
  lines.push(`| ${what} | ${figure} |`);
}

function took({ seconds, cpuSeconds }: Cost): string {
  return `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time)`;
}

function rate(count: number, { seconds, cpuSeconds }: Cost): string {
  return `${Math.round(count / seconds).toLocaleString('en')}/s, ${((cpuSeconds / count) * 1e6).toFixed(1)} us of processor time each`;
}

async function inFolder(task: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-lake-'));
  await task(folder);
  await rm(folder, { recursive: true });
}

/** The floor: the same rows from a table in memory to Parquet, by DuckDB alone. */
await inFolder(async (folder) => {
  const lake = await openLake({ folder, sealAfterMs: Infinity });
  const size = 100_000;
  const batches = Array.from({ length: 4 }, (_, batch) =>
    Array.from({ length: size }, (__, index) => visit(batch * size + index, startAt + batch * 60_000 + index)),
  );
  await commit(lake, batches[0] ?? [], []);
  const cost = await measure(async () => {
    for (const events of batches.slice(1)) await commit(lake, events, []);
  });
  report('events written, commits of 100,000, value by value', rate(size * 3, cost));
  const texts = batches.slice(1).map((events) => linesOf(events));
  const byLines = await measure(async () => {
    for (const lines of texts) await commit(lake, [], [], lines);
  });
  report("the same from the log's lines, as the pump gives them", rate(size * 3, byLines));
  const paths = (await lake.manifest('rawdata')).files.map(({ path }) => `'${join(folder, 'rawdata', path)}'`);
  await lake.close();
  const db = await openDatabase();
  await db.run(
    `CREATE TABLE t AS FROM read_parquet([${paths.join(', ')}], hive_partitioning = false) LIMIT ${size * 3}`,
  );
  const floor = await measure(() =>
    db.run(
      `COPY (FROM t ORDER BY received_at, event_id) TO '${folder}/floor.parquet' (FORMAT parquet, COMPRESSION zstd)`,
    ),
  );
  db.close();
  report('the same rows by DuckDB alone, table in memory to one file', rate(size * 3, floor));
});

/** An hour of traffic at one commit every 5 s, rolling included. */
await inFolder(async (folder) => {
  const lake = await openLake({ folder, sealAfterMs: Infinity });
  const commits = 720;
  let most = 0;
  const cost = await measure(async () => {
    for (let index = 0; index < commits; index += 1) {
      const events = Array.from({ length: 100 }, (_, each) => visit(index * 100 + each, startAt + index * 5000 + each));
      await commit(lake, events, events.filter((_, each) => each % 3 === 0).map(rowOf), linesOf(events));
      if (index % 20 === 0) most = Math.max(most, (await lake.manifest('rawdata')).files.length);
    }
    await lake.compact({ before: 0 });
  });
  const perCommit = `${((cost.seconds / commits) * 1000).toFixed(0)} ms, ${((cost.cpuSeconds / commits) * 1000).toFixed(0)} ms of processor time`;
  report('a commit of 100 events and 34 rows, both tables, merging of small files included', perCommit);
  report('most live files of a table in that hour', String(most));
  const sealing = await measure(() => lake.compact({ before: startAt + day }));
  report('sealing that day', `${took(sealing)}`);
  await lake.close();
});

/** Files of one table with `rows` visits each, 8 a day, made by DuckDB alone. */
async function fill(folder: string, table: 'rawdata' | 'aggregated', files: number, rows: number): Promise<void> {
  const store = directoryStore(folder);
  const db = await openDatabase();
  const added: ManifestFile[] = [];
  const local = join(folder, 'fill.parquet');
  for (let file = 0; file < files; file += 1) {
    const minAt = startAt + Math.floor(file / 8) * day + (file % 8) * 3_600_000;
    await db.run(`COPY (${table === 'rawdata' ? someEvents(minAt, file * rows, rows) : someRows(minAt, file * rows, rows)})
      TO '${local}' (FORMAT parquet, COMPRESSION zstd)`);
    const path = `${partitionPath(minAt)}/fill-${file}.parquet`;
    const bytes = await store.putFile(`${table}/${path}`, local);
    added.push({ path, bytes, rows, minAt, maxAt: minAt + rows * 100, sealed: false, stepMs: 30_000 });
  }
  await changeManifest(store, table, Date.now(), () => ({ added }));
  db.close();
}

function someEvents(minAt: number, first: number, rows: number): string {
  return `SELECT 'bench0123456789a-' || lpad(i::VARCHAR, 8, '0') AS event_id, ((i * 7919) % 20000)::VARCHAR AS user_id,
    ['mobile', 'computer', 'tablet'][i % 3 + 1] AS device_id, 'beer_cart' AS client_event, moment AS client_timestamp, moment AS received_at,
    'https://shop.example/beers/' || (i % 40) AS page_url, 'Beers' AS page_title, NULL::VARCHAR AS referrer, 'mobile' AS device_type,
    MAP {'beer': 'ale ' || (i % 12)} AS properties, 3::INTEGER AS clock_offset_ms, '10.0.0.0' AS ip, 'Mozilla/5.0' AS user_agent
    FROM (SELECT i, make_timestamp((${minAt} + (i - ${first}) * 100) * 1000) AS moment FROM range(${first}, ${first + rows}) t(i))`;
}

/** One row for each of those events, as the batch query would make it. */
function someRows(minAt: number, first: number, rows: number): string {
  return `SELECT 'label' AS session_id, user_id, device_id, make_timestamp((epoch_ms(received_at) - epoch_ms(received_at) % 30000) * 1000) AS timeagg,
    1::BIGINT AS events, client_event AS beginnavigation, client_event AS endnavigation, received_at AS beginsession,
    received_at AS endsession, 0::BIGINT AS duration_sec, event_id AS begin_event_id, event_id AS end_event_id,
    received_at AS window_open, 's/' || event_id AS row_id FROM (${someEvents(minAt, first, rows)})`;
}

/** A large table: 90 days of 8 files. */
await inFolder(async (folder) => {
  const perFile = Math.ceil((total * 3) / 720);
  for (const table of ['rawdata', 'aggregated'] as const) await fill(folder, table, 720, perFile);
  const lake = await openLake({ folder, sealAfterMs: Infinity });
  report('the large lake', `${(perFile * 720).toLocaleString('en')} events and as many rows, in 720 files a table`);
  const userIds = Array.from({ length: 100 }, (_, index) => String(index * 199));
  let rows = 0;
  const erasing = await measure(async () => {
    rows = (await lake.erase({ userIds })).rows;
  });
  report(
    'erasing 100 users from both tables',
    `${took(erasing)}, ${rows.toLocaleString('en')} rows gone, proof included`,
  );
  const again = await measure(() => lake.erase({ userIds }));
  report('erasing them again, which is the scan for proof', `${took(again)}`);
  const query = await openQuery({ folder });
  const asked = await measure(() =>
    query.query('SELECT user_id, sum(events) FROM sessions GROUP BY 1 ORDER BY 2 DESC LIMIT 10'),
  );
  await query.close();
  report('a query over all merged sessions, native', `${took(asked)}`);
  const sealing = await measure(() => lake.compact({ before: startAt + 30 * day }));
  report('sealing 30 of the days', `${took(sealing)}, ${rate(perFile * 8 * 30 * 2, sealing)}`);
  const range = { from: startAt, to: startAt + 29 * day };
  const rebuilding = await measure(() => lake.resessionize({ ...range, stepMs: 60_000 }));
  report('resessionizing those 30 days to another step', `${took(rebuilding)}, ${rate(perFile * 8 * 30, rebuilding)}`);
  const checking = await measure(() => lake.check(range));
  report('checking them against their events', `${took(checking)}`);
  await lake.close();
});

await inFolder(async (folder) => {
  const source = join(folder, 'source.jsonl');
  const events = Math.min(total, 200_000);
  for (let from = 0; from < events; from += 10_000) {
    const part = Array.from({ length: 10_000 }, (_, each) =>
      JSON.stringify(visit(from + each, startAt + (from + each) * 500)),
    );
    await appendFile(source, `${part.join('\n')}\n`);
  }
  const lake = await openLake({ folder: join(folder, 'lake') });
  const cost = await measure(() => lake.import({ path: source }));
  report('importing JSON lines, sessions included', rate(events, cost));
  const files = (await readdir(join(folder, 'lake'), { recursive: true })).filter((name) => name.endsWith('.parquet'));
  if (files.length === 0) throw new Error('import wrote nothing');
  await lake.close();
});

writeResults(
  'lake',
  `| what | figure |\n|---|---|\n${lines.join('\n')}\n\nTwo cores shared with other work; ${total.toLocaleString('en')} as the size.`,
);
