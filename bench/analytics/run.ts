/**
 * How fast the page answers over http: first numbers, the session-length slider, filters, and each question in
 * DuckDB-WASM and in native DuckDB on one thread, in turn on the same files.
 * Options: `--rows 1000000`, `--days 30`, `--runs 3`; `--no-events` without `rawdata`; `--lake FOLDER` keeps the lake,
 * and takes one that is there; `--questions headline,hours` asks only these, `--questions none` none. About three minutes at the default on two
 * idle cores. With 10000000 rows some 4 GB of memory, `--no-events --runs 1` and few questions are advised.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';

import { queries } from '../../packages/analytics/src/sql/queries.ts';
import { type Ask, textOf } from '../../packages/analytics/src/sql/question.ts';
import { makeSessions, openNativeLake, type TableSize } from '../../packages/analytics/src/testing/large-lake.ts';
import { buildPages, servePages } from '../../packages/analytics/src/testing/serve-pages.ts';
import { openChromium, openProfile } from '../../test/browser/src/index.ts';
import { median } from '../median.ts';
import { writeResults } from '../results.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '30' },
    runs: { type: 'string', default: '3' },
    events: { type: 'boolean', default: true },
    lake: { type: 'string' },
    questions: { type: 'string' },
  },
  allowNegative: true,
});
const [total, days, runs] = [Number(values.rows), Number(values.days), Number(values.runs)];
const dayMs = 86_400_000;
const untilAt = Math.floor(Date.now() / dayMs) * dayMs;
const folder = mkdtempSync(join(tmpdir(), 'taphouse-bench-'));
const require = createRequire(new URL('../../packages/analytics/package.json', import.meta.url));
const { build } = (await import(require.resolve('vite'))) as typeof import('vite');

const ask: Ask = { fromAt: 0, toAt: untilAt };
const gap: Ask = { ...ask, length: 1_800_000 };
const steps = ['beer_products', 'beer_product_detail', 'beer_selection', 'beer_checkout'];
const ofSessions: Record<string, string> = {
  headline: textOf(queries.headline(ask)),
  'sessions by duration': textOf(queries.byDuration(ask)),
  'tree map': textOf(queries.treeMap(ask)),
  'over time': textOf(queries.overTime({ ...ask, bucketMs: dayMs })),
  'begin to end': textOf(queries.pairs(ask)),
  hours: textOf(queries.hours(ask)),
  latest: textOf(queries.latest(ask)),
  percentiles: textOf(queries.percentiles(ask)),
  retention: textOf(queries.retention(ask)),
  'headline, 30 min sessions': textOf(queries.headline(gap)),
};
const ofEvents: Record<string, string> = {
  devices: textOf(queries.devices(ask)),
  'device tree': textOf(queries.deviceTree(ask)),
  'top events': textOf(queries.topEvents(ask)),
  'funnel of four steps': textOf(queries.funnel({ ...ask, steps })),
};
const wanted = values.questions?.split(',');
const statements = Object.fromEntries(
  Object.entries(values.events ? { ...ofSessions, ...ofEvents } : ofSessions).filter(
    ([name]) => wanted?.includes(name) ?? true,
  ),
);

type Took = Record<string, { wasm: number | null; native: number }>;
interface InPage<T> {
  found: T;
  bytes: number;
  requests: number;
  /** The most that the tab's process ever held; 0 where there is no /proc. */
  peakBytes: number;
}
type Part = InPage<Record<string, number>>;

try {
  const daily = values.lake ?? join(folder, 'daily');
  const size =
    sizeOf(daily) ??
    (await makeSessions({ folder: daily, rows: total, days, perDay: 1, untilAt, events: values.events }));
  const small = { rows: Math.round(Math.min(total, 1_000_000) / 10), days: Math.min(days, 7), untilAt, events: false };
  await makeSessions({ ...small, folder: join(folder, 'hourly'), perDay: 24 });
  await makeSessions({ ...small, folder: join(folder, 'merged'), perDay: 1 });
  await build({
    configFile: false,
    root: join(import.meta.dirname, 'page'),
    base: '/analytics/',
    publicDir: false,
    logLevel: 'error',
    build: { outDir: join(folder, 'page'), emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0 },
  });
  const pages = await buildPages();
  const browser = await openChromium();

  const inPage = async <T>(lake: string, script: string): Promise<InPage<T>> => {
    const server = await servePages({ pages: join(folder, 'page'), lake });
    const page = await browser.newPage();
    await page.goto(`${server.origin}/analytics/`);
    await page.waitForFunction(() => document.title === 'ready');
    const found = (await page.evaluate(script)) as T;
    const peakBytes = await peakOfTabs(browser);
    await page.close();
    await server.close();
    const read = server.requests.filter(({ path }) => path.endsWith('.parquet'));
    return { found, bytes: read.reduce((sum, { bytes }) => sum + bytes, 0), requests: read.length, peakBytes };
  };
  const timeDashboard = (lake: string): Promise<Part> => inPage(lake, 'bench.timeDashboard()');

  const first = await firstNumbers();
  const whole = await timeDashboard(daily);
  const events = values.events ? (await inPage<Record<string, number>>(daily, 'bench.timeEvents()')).found : null;
  const hourly = await timeDashboard(join(folder, 'hourly'));
  const merged = await timeDashboard(join(folder, 'merged'));
  const slice = await inPage<number>(daily, `bench.oneDay(${untilAt - 10 * dayMs})`);
  const took = await inTurn(daily);
  report({ size, first, whole, events, hourly, merged, slice, took, download: downloadBytes(pages.folder) });
  await browser.close();
  await pages.remove();

  /** Milliseconds from the address to the first number of the real dashboard, in a profile as people have it. */
  async function firstNumbers(): Promise<Record<string, number>> {
    const server = await servePages({ pages: pages.folder, lake: daily });
    const context = await openProfile(join(folder, 'profile'));
    const time = async (query: string): Promise<number> => {
      const page = await context.newPage();
      const startedAt = performance.now();
      await page.goto(`${server.origin}/dashboard/${query}`);
      await page.locator('.value').first().waitFor({ timeout: 120_000 });
      const took = performance.now() - startedAt;
      await page.close();
      return took;
    };
    const nothing = await time('');
    const times: Record<string, number[]> = { '': [], '?range=week': [], '?range=all': [] };
    for (let run = 0; run < runs; run += 1)
      for (const query of Object.keys(times)) times[query]!.push(await time(query));
    await context.close();
    await server.close();
    return {
      nothing,
      day: median(times['']!),
      week: median(times['?range=week']!),
      all: median(times['?range=all']!),
    };
  }

  /** Milliseconds of each statement in both: one after the other, so that a busy moment falls on both. */
  async function inTurn(lake: string): Promise<Took> {
    const server = await servePages({ pages: join(folder, 'page'), lake });
    const page = await browser.newPage();
    await page.goto(`${server.origin}/analytics/`);
    await page.waitForFunction(() => document.title === 'ready');
    await page.evaluate('bench.openLake()');
    const native = await openNativeLake({ folder: lake, events: values.events }, 1);
    const took: Took = {};
    for (const [name, sql] of Object.entries(statements)) {
      const times: { wasm: number[]; native: number[] } = { wasm: [], native: [] };
      let fault = false;
      // The first run of each reads the files, and is left out where there are more.
      for (let run = runs === 1 ? 1 : 0; run <= runs; run += 1) {
        const wasm = await page.evaluate(`bench.timeQuery(${JSON.stringify(sql)})`).catch((error: unknown) => {
          console.log(`${name}: ${String(error).split('\n')[0]}`);
          fault = true;
        });
        const startedAt = performance.now();
        await native.runAndReadAll(sql);
        if (run === 0) continue;
        times.native.push(performance.now() - startedAt);
        times.wasm.push(Number(wasm));
      }
      took[name] = { wasm: fault ? null : median(times.wasm), native: median(times.native) };
    }
    native.closeSync();
    await page.close();
    await server.close();
    return took;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The largest process that shows a page, at its largest. */
async function peakOfTabs(browser: Awaited<ReturnType<typeof openChromium>>): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const peaks = processInfo
    .filter(({ type, id }) => type === 'renderer' && existsSync(`/proc/${id}/status`))
    .map(({ id }) => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0));
  await session.detach();
  return Math.max(0, ...peaks);
}

/** What a lake that was kept holds, by its manifests; null where there is none. */
function sizeOf(lake: string): { aggregated: TableSize; rawdata: TableSize } | null {
  const read = (table: string): TableSize | null => {
    const path = join(lake, table, 'manifest.json');
    if (!existsSync(path)) return null;
    const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: TableSize[] };
    return {
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      rows: files.reduce((sum, file) => sum + file.rows, 0),
    };
  };
  const aggregated = read('aggregated');
  return aggregated && { aggregated, rawdata: read('rawdata') ?? { bytes: 0, rows: 0 } };
}

/** Bytes of a first visit, brotli: the page's own files, and DuckDB-WASM. */
function downloadBytes(built: string): { own: number; duckdb: number } {
  const assets = join(built, 'assets');
  const names = readdirSync(assets);
  const page = readFileSync(join(built, 'dashboard/index.html'), 'utf8');
  const own = names.filter((name) => page.includes(name) || name.startsWith('own-bundle'));
  const duckdb = names.filter((name) => /duckdb.*(\.wasm|worker.*\.js)$|lake-worker/.test(name));
  const sum = (list: string[]): number => list.reduce((bytes, name) => bytes + brotli(join(assets, name)), 0);
  return { own: sum(own), duckdb: sum(duckdb) };
}

function brotli(path: string): number {
  // The highest level takes a minute for the 18 MB of DuckDB; this is what a build step would do in seconds.
  return brotliCompressSync(readFileSync(path), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length;
}

function report(all: {
  size: { aggregated: TableSize; rawdata: TableSize };
  first: Record<string, number>;
  whole: Part;
  events: Record<string, number> | null;
  hourly: Part;
  merged: Part;
  slice: { bytes: number };
  took: Took;
  download: { own: number; duckdb: number };
}): void {
  const count = (number: number): string => number.toLocaleString('en-GB');
  const ms = (number: number): string => `${count(Math.round(number))} ms`;
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const { size, first, whole, events, hourly, merged, slice, took, download } = all;
  const large = total > 1_000_000;
  const ratios = Object.values(took).flatMap(({ wasm, native }) => (wasm === null ? [] : [wasm / native]));
  const rows = [
    ['dashboard, nothing cached: address to first number, last 24 h', ms(first.nothing!), ''],
    ['the same, DuckDB in the HTTP cache', ms(first.day!), large ? '' : '2,500 ms'],
    ['the same, last 7 days', ms(first.week!), large ? '' : '2,500 ms'],
    [`the same, all ${days} days`, ms(first.all!), large ? '' : '2,500 ms'],
    [
      'of which reading and ordering all rows',
      `${ms(whole.found.read!)} (${whole.requests} requests, ${mb(whole.bytes)})`,
      '',
    ],
    ...(whole.peakBytes > 0 ? [['memory of the tab at its most, all rows read', mb(whole.peakBytes), '']] : []),
    [
      'session length changed: sessions made again, every tile counted (median; most)',
      `${ms(whole.found.slider!)}; ${ms(whole.found.sliderMost!)}`,
      large ? '' : '500 ms',
    ],
    [
      'filter clicked, every tile counted (median; most)',
      `${ms(whole.found.filter!)}; ${ms(whole.found.filterMost!)}`,
      large ? '3,000 ms' : '300 ms',
    ],
    ...(events
      ? [
          [`types of device, from ${count(size.rawdata.rows)} events`, ms(events.types!), ''],
          ['top events of all sessions, in the background', ms(events.topEvents!), ''],
          ['funnel of four steps, in the background', ms(events.funnel!), ''],
          ['filter on an event within the session, first click', ms(events.eventFilter!), ''],
        ]
      : []),
    [
      `${count(hourly.found.rows!)} rows in hourly files, read`,
      `${ms(hourly.found.read!)} (${hourly.requests} requests)`,
      '',
    ],
    ['the same merged into daily files', `${ms(merged.found.read!)} (${merged.requests} requests)`, ''],
    [
      'two columns of one day: bytes fetched',
      `${((100 * slice.bytes) / size.aggregated.bytes).toFixed(1)} % of the table`,
      '5 %',
    ],
    ['own files of the dashboard, brotli', `${(download.own / 1000).toFixed(0)} kB`, '250 kB'],
    ['DuckDB-WASM, brotli, once', mb(download.duckdb), ''],
    ...(ratios.length > 0
      ? [
          [
            'DuckDB-WASM over native on one thread, median of the questions below',
            `${median(ratios).toFixed(1)} x`,
            '3 x',
          ],
        ]
      : []),
  ];
  const questions =
    ratios.length === 0
      ? ''
      : `| question over all rows, as SQL${runs > 1 ? ', warm' : ''} | DuckDB-WASM | native, 1 thread | ratio |
|---|---|---|---|
${Object.entries(took)
  .map(([name, { wasm, native }]) =>
    wasm === null
      ? `| ${name} | no memory | ${ms(native)} | |`
      : `| ${name} | ${ms(wasm)} | ${ms(native)} | ${(wasm / native).toFixed(1)} |`,
  )
  .join('\n')}`;
  const text = `
${count(size.aggregated.rows)} rows of 30 s windows in ${days} daily files, ${mb(size.aggregated.bytes)}${values.events ? `, and their ${count(size.rawdata.rows)} events, ${mb(size.rawdata.bytes)}` : ', without their events'}, over http to Chromium on one machine of two cores, which the server and native DuckDB share. First numbers: in a new profile of Chromium, median of ${runs}. Load average at the end: ${loadavg()[0]!.toFixed(1)}; above 2 the times say little.

| what | figure | wanted |
|---|---|---|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

${questions}
`;
  console.log(text);
  if (total >= 1_000_000) writeResults(total === 1_000_000 ? 'analytics' : `analytics, ${total / 1e6} M rows`, text);
}
