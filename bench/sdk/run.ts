/**
 * `pnpm bench sdk [--rounds N] [--busy SECONDS] [--only NAME,NAME] [--handlers]`: bytes, delivery and handler time of the browser SDKs, side by side
 * in one Chromium. Delivery: events taken of events tracked, and how many came more than once.
 */
import { brotliCompressSync, constants } from 'node:zlib';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { openChromium } from '../../test/browser/src/index.ts';
import { writeResults } from '../results.ts';
import { type Peer, peers } from './peers.ts';
import { openSite, type Site } from './site.ts';

type Browser = Awaited<ReturnType<typeof openChromium>>;
type Context = Awaited<ReturnType<Browser['newContext']>>;
type Page = Awaited<ReturnType<Context['newPage']>>;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1' }, busy: { type: 'string', default: '12' }, only: { type: 'string' }, handlers: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const busyMs = Number(values.busy) * 1000;
/** How long a peer may take to deliver after the weather is fair again, milliseconds. */
const graceMs = 15_000;

interface Result {
  taken: number;
  tracked: number;
  again: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function bundle({ entry }: Peer): Promise<string> {
  const stdin = { contents: entry, resolveDir: import.meta.dirname, loader: 'js' as const };
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  });
  return outputFiles[0]?.text ?? '';
}

const packed = (text: string): number =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }).length;

async function open(context: Context, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForFunction('window.call', undefined, { timeout: 10_000 });
  await sleep(300);
  return page;
}

/** Tracks events FROM to TO in one task. */
const track = (page: Page, from: number, to: number): Promise<void> =>
  page.evaluate(([from, to]) => {
    for (let n = from; n < to; n += 1) (globalThis as unknown as { call(name: string): void }).call(`ev_${n}_`);
  }, [from, to] as const);

async function settle(site: Site, tracked: number): Promise<Result> {
  for (const until = Date.now() + graceMs; site.taken.size < tracked && Date.now() < until; ) await sleep(100);
  await sleep(500);
  return { taken: site.taken.size, tracked, again: [...site.taken.values()].filter((times) => times > 1).length };
}

/** What is done to each SDK; the letters of shared/ANCHORS.md. */
const scenarios: Record<string, (site: Site, context: Context) => Promise<number>> = {
  async A(site, context) {
    site.latencyMs = 300;
    const page = await open(context, site.url);
    await track(page, 0, 20);
    await page.goto(`${site.url}/two`);
    return 20;
  },
  async B(site, context) {
    site.latencyMs = 300;
    const page = await open(context, site.url);
    await page.evaluate("two.addEventListener('click', () => { for (let n = 0; n < 5; n += 1) call('ev_' + n + '_') })");
    await page.click('#two');
    await page.waitForURL('**/two');
    return 5;
  },
  async C(site, context) {
    site.weather = 'busy';
    const page = await open(context, site.url);
    await track(page, 0, 20);
    await sleep(busyMs);
    site.weather = 'fair';
    await track(page, 20, 21);
    return 21;
  },
  async D(site, context) {
    site.weather = 'down';
    const page = await open(context, site.url);
    await track(page, 0, 20);
    await sleep(1000);
    await page.goto(`${site.url}/two`);
    await sleep(1000);
    site.weather = 'fair';
    await page.waitForFunction('window.call');
    await track(page, 20, 21);
    return 21;
  },
  async E(site, context) {
    site.weather = 'down';
    const [one, two] = [await open(context, site.url), await open(context, `${site.url}/two`)];
    await track(one, 0, 20);
    await track(two, 20, 40);
    await sleep(1000);
    await one.close({ runBeforeUnload: true });
    await sleep(1000);
    site.weather = 'fair';
    await track(two, 40, 41);
    return 41;
  },
};

async function deliver(browser: Browser, script: string, scenario: string): Promise<Result> {
  const site = await openSite(script);
  const context = await browser.newContext();
  try {
    const act = scenarios[scenario];
    if (!act) throw new Error(`scenario ${scenario}: unknown`);
    return await settle(site, await act(site, context));
  } catch (error) {
    console.error(`${scenario}: ${String(error).split('\n')[0]}`);
    return { taken: site.taken.size, tracked: 0, again: 0 };
  } finally {
    await context.close();
    site.close();
  }
}

/** Median microseconds inside a click's dispatch and inside a call, each in a task of its own. */
async function handlers(browser: Browser, script: string): Promise<{ click: number; call: number }> {
  const site = await openSite(script);
  const context = await browser.newContext();
  try {
    const page = await open(context, site.url);
    return await page.evaluate(async () => {
      const { call, b } = globalThis as unknown as { call(name: string): void; b: { click(): void } };
      const median = async (act: () => void): Promise<number> => {
        const times: number[] = [];
        for (let n = 0; n < 220; n += 1) {
          await new Promise((resolve) => setTimeout(resolve, 3));
          const startedAt = performance.now();
          act();
          if (n >= 20) times.push(performance.now() - startedAt);
        }
        return times.sort((a, b) => a - b)[100]! * 1000;
      };
      return { click: await median(() => b.click()), call: await median(() => call('timed')) };
    });
  } finally {
    await context.close();
    site.close();
  }
}

const browser = await openChromium();
const nothing: Peer = { name: 'no SDK', entry: 'window.call = () => {}' };
const chosen = peers.filter(({ name }) => !values.only || values.only.split(',').includes(name));
const rows: string[] = [];
try {
  const scripts = new Map<Peer, string>();
  for (const peer of [nothing, ...chosen]) scripts.set(peer, await bundle(peer));
  const times = new Map<Peer, { click: number; call: number }>();
  for (let round = 0; round < 3; round += 1)
    for (const [peer, script] of scripts) {
      const { click, call } = await handlers(browser, script);
      const best = times.get(peer);
      // The least disturbed of three interleaved rounds.
      times.set(peer, { click: Math.min(click, best?.click ?? click), call: Math.min(call, best?.call ?? call) });
    }
  const letters = values.handlers ? [] : Object.keys(scenarios);
  const jobs = chosen.flatMap((peer) => letters.flatMap((letter) => Array.from({ length: rounds }, () => ({ peer, letter }))));
  const results: (Result & { peer: Peer; letter: string })[] = [];
  // Delivery is mostly waiting: some at once.
  const worker = async (): Promise<void> => {
    for (let job; (job = jobs.shift()); )
      results.push({ ...job, ...(await deliver(browser, scripts.get(job.peer) ?? '', job.letter)) });
  };
  await Promise.all(Array.from({ length: 5 }, worker));
  for (const [peer, script] of scripts) {
    const { click = 0, call = 0 } = times.get(peer) ?? {};
    const cells = letters.map((letter) => {
      const mine = results.filter((result) => result.peer === peer && result.letter === letter);
      const sum = (field: keyof Result): number => mine.reduce((total, result) => total + result[field], 0);
      return mine.length ? `${sum('taken')}/${sum('tracked')}${sum('again') ? `, ${sum('again')} twice` : ''}` : '';
    });
    rows.push(`| ${[peer.name, packed(script).toLocaleString('en'), ...cells, `${click.toFixed(0)} / ${call.toFixed(0)}`].join(' | ')} |`);
  }
  console.log(rows.join('\n'));
} finally {
  await browser.close();
}

const table = [
  `Bytes: brotli 11 of start, page view, click capture and a custom event, bundled by esbuild. Delivery: events taken of tracked, ${rounds} round(s): A burst of 20 before a navigation, answers after 300 ms; B five events in the click of a link; C ${busyMs / 1000} s of 503 with the page open; D collector down, a navigation, then up; E two tabs while it is down, one closed. Handler: median microseconds in the dispatch of a click / in a call. At most ${graceMs / 1000} s to deliver.`,
  '',
  '| SDK | bytes | A | B | C | D | E | click / call |',
  '|---|---|---|---|---|---|---|---|',
  ...rows,
].join('\n');
if (!values.only && !values.handlers) writeResults('sdk', table);
