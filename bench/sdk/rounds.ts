/** Our own rounds, with a real collector behind the site: every scenario at every latency. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openChromium } from '../../test/browser/src/index.ts';
import { latenciesMs, playRounds, type Round, sumRounds } from '../../packages/sdk/src/testing/rounds.ts';
import { scenarios } from '../../packages/sdk/src/testing/scenarios.ts';
import { tagScript } from '../../packages/sdk/src/testing/scene.ts';

/** Rounds of one SDK that a run broken off has played; the next goes on from there. */
const file = join(import.meta.dirname, '../.cache/sdk-rounds.json');

export interface OwnRounds {
  /** Of each scenario at each latency. */
  rounds: number;
  /** How many at once: 120 keep two idle cores busy. */
  atOnce: number;
  /** None is begun later, milliseconds. */
  forMs: number;
}

/** Plays until each scenario has `rounds` at each latency, or the time is over; gives all of this script's rounds. */
export async function ownRounds({ rounds, atOnce, forMs }: OwnRounds): Promise<Round[]> {
  const script = createHash('sha256')
    .update(await tagScript())
    .digest('hex');
  const played = remembered(script);
  mkdirSync(dirname(file), { recursive: true });
  const until = Date.now() + forMs;
  if (forMs <= 0) return played;
  const browser = await openChromium('package');
  try {
    for (;;) {
      const cases = scenarios.length * latenciesMs.length;
      const left = rounds - Math.floor(played.length / cases);
      if (left <= 0 || Date.now() >= until) return played;
      // Each step ends with its longest rounds alone: some at once.
      played.push(...(await playRounds(browser, { rounds: Math.min(left, Math.ceil(atOnce / 12)), atOnce })));
      writeFileSync(file, JSON.stringify({ script, played }));
      const { rounds: done, tracked, lost, duplicates, copies } = sumRounds(played);
      console.log(
        `${done} rounds, ${tracked} events: ${lost} lost, ${duplicates} twice in the rows, ${copies} sent more than once`,
      );
    }
  } finally {
    await browser.close();
  }
}

function remembered(script: string): Round[] {
  if (!existsSync(file)) return [];
  const kept = JSON.parse(readFileSync(file, 'utf8')) as { script: string; played: Round[] };
  return kept.script === script ? kept.played : [];
}

/** One line a scenario: events stored of tracked at each latency, copies, drops. */
export function roundsTable(played: Round[]): string {
  const all = sumRounds(played);
  const rows = scenarios.map(({ name }) => {
    const mine = played.filter((round) => round.scenario === name);
    const cells = latenciesMs.map((latencyMs) => {
      const { tracked, lost, drops } = sumRounds(mine.filter((round) => round.latencyMs === latencyMs));
      return `${(tracked - lost - drops).toLocaleString('en')}/${tracked.toLocaleString('en')}`;
    });
    const { duplicates, copies, dropped, drops } = sumRounds(mine);
    return `| ${[name, ...cells, duplicates, copies, `${dropped}/${drops}`].join(' | ')} |`;
  });
  const errors = [...new Set(played.flatMap((round) => round.errors))];
  const perCase = Math.floor(played.length / scenarios.length / latenciesMs.length);
  return [
    `taphouse with its real collector, ${perCase} rounds of each scenario at each latency: ${all.rounds.toLocaleString('en')} rounds, ${all.tracked.toLocaleString('en')} events, page views among them; ${all.lost} lost, ${all.duplicates} more than once after copies are removed, ${all.copies} (${((100 * all.copies) / all.tracked).toFixed(2)} %) sent more than once${errors.length ? `; errors: ${errors.join('; ')}` : ''}.`,
    '',
    `| scenario | stored of tracked, ${latenciesMs.map((ms) => `${ms} ms`).join(' | ')} | rows twice | sent again | drops reported of made |`,
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
