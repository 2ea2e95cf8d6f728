/**
 * `pnpm bench sdk [--rounds 200] [--peer-rounds 2] [--minutes 60] [--at-once 120] [--only NAME,NAME] [--parts rounds,peers,handlers]`:
 * bytes, delivery and handler time of the browser SDKs, side by side in one Chromium. It may be run in parts: each part's
 * figures are kept for the table of the next, and rounds broken off by `--minutes` go on where they stopped, as long as
 * the script is the same. RESULTS.md is written when all parts have figures.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { openChromium } from '../../test/browser/src/index.ts';
import { writeResults } from '../results.ts';
import { handlers, type Handlers, steadyUse, type SteadyUse } from './handlers.ts';
import { badMs, graceMs, peerLatencyMs, playPeers, type Result } from './peer-rounds.ts';
import { type Peer, peers, versionOf } from './peers.ts';
import { ownRounds, roundsTable } from './rounds.ts';
import { tagScript } from '../../packages/sdk/src/testing/scene.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    'peer-rounds': { type: 'string', default: '2' },
    minutes: { type: 'string', default: '60' },
    'at-once': { type: 'string', default: '120' },
    only: { type: 'string' },
    parts: { type: 'string', default: 'rounds,peers,handlers' },
  },
});
const parts = new Set(values.parts.split(','));
const peerRounds = Number(values['peer-rounds']);

/** What a page loads only on demand, such as the replay of sessions, is no part of its script: it stays an import. */
const onDemand: Plugin = {
  name: 'on-demand',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined));
  },
};

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
    plugins: [onDemand],
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  });
  return outputFiles[0]?.text ?? '';
}

const packed = (text: string): number =>
  brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  }).length;

const nothing: Peer = { name: 'no SDK', entry: 'window.call = () => {}' };
const chosen = peers.filter(({ name }) => !values.only || values.only.split(',').includes(name));
const scripts = new Map<Peer, string>();
for (const peer of [nothing, ...chosen]) scripts.set(peer, await bundle(peer));

const cache = join(import.meta.dirname, '../.cache');
mkdirSync(cache, { recursive: true });

interface Named {
  peer: string;
}

/** Keeps what a part found of each SDK; gives what it found last of those that are not asked for now. */
function kept<T extends Named>(part: string, now: T[]): T[] {
  const file = join(cache, `sdk-${part}.json`);
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T[]) : [];
  if (!parts.has(part)) return before;
  const all = [...before.filter(({ peer }) => !now.some((found) => found.peer === peer)), ...now];
  writeFileSync(file, JSON.stringify(all));
  return all;
}

/** Rounds of handler times, interleaved. */
const timedRounds = 5;

const times = new Map<Peer, Handlers & SteadyUse>();
if (parts.has('handlers')) {
  const browser = await openChromium();
  try {
    const rounds = new Map([...scripts.keys()].map((peer) => [peer, [] as Handlers[]]));
    for (let round = 0; round < timedRounds; round += 1)
      for (const [peer, script] of scripts) rounds.get(peer)?.push(await handlers(browser, script));
    const steady = [...scripts].map(async ([peer, script]) => ({ peer, use: await steadyUse(browser, script) }));
    for (const { peer, use } of await Promise.all(steady))
      times.set(peer, { ...medians(rounds.get(peer) ?? []), ...use });
  } finally {
    await browser.close();
  }
}

function medians(rounds: Handlers[]): Handlers {
  const of = (field: keyof Handlers): number =>
    rounds.map((round) => round[field]).sort((a, b) => a - b)[rounds.length >> 1] ?? 0;
  return { click: of('click'), call: of('call') };
}

const results: Result[] = [];
if (parts.has('peers')) {
  const browser = await openChromium('package');
  try {
    results.push(...(await playPeers(browser, scripts, nothing, peerRounds)));
  } finally {
    await browser.close();
  }
}

const measured = new Map(
  kept(
    'handlers',
    [...times].map(([{ name }, figures]) => ({ ...figures, peer: name })),
  ).map((one) => [one.peer, one]),
);
const delivered = kept(
  'peers',
  results.map(({ peer, ...result }) => ({ ...result, peer: peer.name })),
);

const letters = ['A', 'B', 'C', 'D', 'E'];

/** Events taken of tracked, and how many came more than once. */
function cell(mine: Pick<Result, 'taken' | 'tracked' | 'again'>[]): string {
  const sum = (field: 'taken' | 'tracked' | 'again'): number =>
    mine.reduce((total, result) => total + result[field], 0);
  return mine.length ? `${sum('taken')}/${sum('tracked')}${sum('again') ? `, ${sum('again')} twice` : ''}` : '';
}

const rows = [...scripts].map(([peer, script]) => {
  const mine = delivered.filter((result) => result.peer === peer.name);
  const byLetter = letters.map((letter) => cell(mine.filter(({ scenario }) => scenario.startsWith(`${letter}:`))));
  const others = cell(mine.filter(({ scenario }) => !/^[A-E]:/.test(scenario)));
  const { click = 0, call = 0, bytesPerClick = 0, postsPer2s = 0 } = measured.get(peer.name) ?? {};
  const inUse = bytesPerClick ? [bytesPerClick.toFixed(0), postsPer2s.toFixed(1)] : ['takes none', ''];
  const cells = [`${peer.name} ${versionOf(peer)}`.trim(), packed(script).toLocaleString('en'), ...byLetter, others];
  return `| ${[...cells, `${click.toFixed(0)} / ${call.toFixed(0)}`, ...(peer === nothing ? ['', ''] : inUse)].join(' | ')} |`;
});

const heads = ['SDK', 'bytes', ...letters, 'other ten', 'click / call, us', 'body bytes a click', 'POSTs in 2 s'];
const ownBuild = packed(await tagScript()).toLocaleString('en');
const table = [
  `Bytes: brotli 11 of start, page view, click capture and a custom event, bundled and minified by esbuild, without what a page loads on demand (openpanel's replay of sessions); taphouse's script tag, by its own build, has ${ownBuild}. Delivery: events taken of tracked, ${peerRounds} rounds of each, answers after ${peerLatencyMs} ms, at most ${graceMs / 1000} s to deliver: A burst of 20 before a navigation; B five events in the click of a link; C ${badMs / 1000} s of 503 with the page open; D collector down, a navigation, then up; E two tabs while it is down, one closed; the other ten are those of the second table but for the event that never fits. Handler: microseconds in the dispatch of a click on a button / in a call, medians of ${timedRounds} interleaved rounds of 200. In steady use: two tabs of two clicks a second each, 12 s. The versions are the newest that the registry has of each, but for Snowplow's, whose plug-ins end at 4.6.8. Of umami's tracker it has no package but that of its server, 2.10.0; a later one, on GitHub only, had 1,964 bytes when it was last measured, which was not here. clickstream-web takes clicks of links, not of buttons.`,
  '',
  `| ${heads.join(' | ')} |`,
  `|${heads.map(() => '---|').join('')}`,
  ...rows,
].join('\n');
console.log(table);

const minutes = parts.has('rounds') && !values.only ? Number(values.minutes) : 0;
const atOnce = Number(values['at-once']);
const played = await ownRounds({ rounds: Number(values.rounds), atOnce, forMs: minutes * 60_000 });
const day = new Date().toISOString().slice(0, 10);
const own = played.length > 0 ? `On ${day}, script tag of ${ownBuild} bytes: ${roundsTable(played)}` : '';
console.log(own);
if (own && chosen.every(({ name }) => measured.has(name) && delivered.some(({ peer }) => peer === name)))
  writeResults('sdk', `${table}\n\n${own}`);
