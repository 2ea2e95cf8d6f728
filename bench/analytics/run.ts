/**
 * How fast the page answers over http: first numbers, the session-length slider, filters, and each question in
 * DuckDB-WASM beside native DuckDB on one thread, on the same files.
 * Options: `--rows 1000000`, `--days 30`, `--runs 3`. About a minute at the default on two idle cores.
 */
import { brotliCompressSync } from 'node:zlib';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { queries } from '../../packages/analytics/src/sql/queries.ts';
import { type Ask, textOf } from '../../packages/analytics/src/sql/question.ts';
import { buildPages, servePages } from '../../packages/analytics/src/testing/serve-pages.ts';
import { duckdbViews } from '../../packages/sessions/src/sql/index.ts';
import { tables } from '../../packages/schema/src/index.ts';
import { openChromium } from '../../test/browser/src/index.ts';
import { writeResults } from '../results.ts';
import { makeSessions, openNative } from './make-lake.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '30' },
    runs: { type: 'string', default: '3' },
  },
});
const [total, days, runs] = [Number(values.rows), Number(values.days), Number(values.runs)];
const dayMs = 86_400_000;
const untilAt = Math.floor(Date.now() / dayMs) * dayMs;
const folder = mkdtempSync(join(tmpdir(), 'taphouse-bench-'));
const require = createRequire(new URL('../../packages/analytics/package.json', import.meta.url));
const { build } = (await import(require.resolve('vite'))) as typeof import('vite');

const ask: Ask = { fromAt: 0, toAt: untilAt };
const gap: Ask = { ...ask, length: 1_800_000 };
const statements: Record<string, string> = {
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

try {
  const daily = join(folder, 'daily');
  const hourly = join(folder, 'hourly');
  const size = await makeSessions({ folder: daily, rows: total, days, perDay: 1, untilAt });
  await makeSessions({ folder: hourly, rows: Math.round(total / 10), days: Math.min(days, 7), perDay: 24, untilAt });
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

  const inPage = async <T>(lake: string, script: string): Promise<{ found: T; bytes: number; requests: number }> => {
    const server = await servePages({ pages: join(folder, 'page'), lake });
    const page = await browser.newPage();
    await page.goto(`${server.origin}/analytics/`);
    await page.waitForFunction(() => document.title === 'ready');
    const found = (await page.evaluate(script)) as T;
    await page.close();
    await server.close();
    const read = server.requests.filter(({ path }) => path.endsWith('.parquet'));
    return { found, bytes: read.reduce((sum, { bytes }) => sum + bytes, 0), requests: read.length };
  };

  const first = await firstNumbers();
  const whole = await inPage<Record<string, number>>(daily, 'bench.timeDashboard()');
  const small = await inPage<Record<string, number>>(hourly, 'bench.timeDashboard()');
  const slice = await inPage<number>(daily, `bench.oneDay(${untilAt - 10 * dayMs})`);
  const wasm = await inPage<Record<string, number>>(daily, `bench.timeQueries(${JSON.stringify(statements)}, ${runs})`);
  const native = await timeNative(daily);
  const ratios = Object.keys(statements).map((name) => wasm.found[name]! / native[name]!);
  const own = ownBytes(pages.folder);
  report({ size, first, whole, small, slice, wasm: wasm.found, native, ratio: median(ratios), own });
  await browser.close();
  await pages.remove();

  /** From the click on a link to the first number of the real dashboard, with the database in the HTTP cache or not. */
  async function firstNumbers(): Promise<{ cold: number; warm: number; all: number }> {
    const server = await servePages({ pages: pages.folder, lake: daily });
    const context = await browser.newContext();
    const time = async (query: string): Promise<number> => {
      const page = await context.newPage();
      const startedAt = performance.now();
      await page.goto(`${server.origin}/dashboard/${query}`);
      await page.locator('.value').first().waitFor();
      const took = performance.now() - startedAt;
      await page.close();
      return took;
    };
    const found = { cold: await time('?range=week'), warm: await time('?range=week'), all: await time('?range=all') };
    await context.close();
    await server.close();
    return found;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function timeNative(lake: string): Promise<Record<string, number>> {
  const db = await openNative(1);
  const empty = tables.rawdata.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${name}`).join(', ');
  await db.run(`CREATE VIEW rawdata AS SELECT ${empty} WHERE false`);
  await db.run(`CREATE VIEW aggregated AS SELECT * FROM read_parquet('${lake}/aggregated/**/*.parquet', hive_partitioning = false)`);
  for (const view of duckdbViews()) await db.run(view);
  const took: Record<string, number> = {};
  for (const [name, sql] of Object.entries(statements)) {
    const times: number[] = [];
    for (let run = 0; run <= runs; run += 1) {
      const startedAt = performance.now();
      await db.runAndReadAll(sql);
      if (run > 0) times.push(performance.now() - startedAt);
    }
    took[name] = median(times);
  }
  db.closeSync();
  return took;
}

/** The dashboard's own JavaScript, brotli. */
function ownBytes(built: string): number {
  const assets = join(built, 'assets');
  const own = readdirSync(assets).filter((name) => /^(dashboard|define-nav|own-bundle)-.*\.js$/.test(name));
  return own.reduce((sum, name) => sum + brotliCompressSync(readFileSync(join(assets, name))).length, 0);
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

interface Part {
  found: Record<string, number>;
  bytes: number;
  requests: number;
}

function report(all: {
  size: { bytes: number; rows: number };
  first: { cold: number; warm: number; all: number };
  whole: Part;
  small: Part;
  slice: { bytes: number };
  wasm: Record<string, number>;
  native: Record<string, number>;
  ratio: number;
  own: number;
}): void {
  const ms = (number: number): string => `${Math.round(number).toLocaleString('en-GB')} ms`;
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const { size, first, whole, small, slice, wasm, native } = all;
  const text = `
${size.rows.toLocaleString('en-GB')} rows of 30 s windows in ${days} daily files, ${mb(size.bytes)}, over http to Chromium on one machine. Load average of the machine (2 cores) at the end: ${loadavg()[0]!.toFixed(1)}; above 2 the times say little.

| what | figure | wanted |
|---|---|---|
| dashboard, 7 days, database not cached: page to first number | ${ms(first.cold)} | 2,500 ms |
| the same again | ${ms(first.warm)} | |
| dashboard, all ${days} days: page to first number | ${ms(first.all)} | |
| of which reading and ordering all rows | ${ms(whole.found.read!)} (${whole.requests} requests, ${mb(whole.bytes)}) | |
| session length changed: sessions made again, every tile counted | ${ms(whole.found.slider!)} | 500 ms |
| filter changed, the same | ${ms(whole.found.filter!)} | 300 ms |
| ${Math.round(total / 10).toLocaleString('en-GB')} rows in hourly files, read | ${ms(small.found.read!)} (${small.requests} requests) | |
| two columns of one day: bytes fetched | ${((100 * slice.bytes) / size.bytes).toFixed(1)} % of the table | 5 % |
| own JavaScript of the dashboard, brotli | ${(all.own / 1000).toFixed(0)} kB | 250 kB |
| DuckDB-WASM over native on one thread, median of the questions below | ${all.ratio.toFixed(1)} x | 3 x |

| question over all rows, as SQL, warm | DuckDB-WASM | native, 1 thread | ratio |
|---|---|---|---|
${Object.keys(statements)
  .map((name) => `| ${name} | ${ms(wasm[name]!)} | ${ms(native[name]!)} | ${(wasm[name]! / native[name]!).toFixed(1)} |`)
  .join('\n')}
`;
  console.log(text);
  if (total >= 1_000_000) writeResults(total === 1_000_000 ? 'analytics' : `analytics, ${total / 1e6} M rows`, text);
}
