import { openChromium } from '@taphouse/test-browser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { latenciesMs, playRounds, type Round, sumRounds } from './testing/rounds.ts';
import { scenarios } from './testing/scenarios.ts';

/** Of each scenario at each latency: one here, 20 in `.ci/run`, 200 in `pnpm bench sdk`. */
const rounds = Number(process.env.TAPHOUSE_ROUNDS ?? 1);
const played: Round[] = [];

// All rounds are played here, at once: most of each is waiting.
beforeAll(async () => {
  const browser = await openChromium('package');
  try {
    played.push(...(await playRounds(browser, { rounds, atOnce: rounds > 1 ? 90 : 48 })));
  } finally {
    await browser.close();
  }
}, 900_000);

afterAll(() => {
  const { tracked, copies } = sumRounds(played);
  console.log(`delivery: ${played.length} rounds, ${tracked} events, ${copies} sent more than once`);
  for (const { name, latencyMs } of cases) {
    const again = sumRounds(of(name, latencyMs)).copies;
    if (again) console.log(`  ${again} in ${name}, ${latencyMs} ms`);
  }
});

const cases = scenarios.flatMap((scenario) => latenciesMs.map((latencyMs) => ({ ...scenario, latencyMs })));

const of = (name: string, latencyMs: number): Round[] =>
  played.filter((round) => round.scenario === name && round.latencyMs === latencyMs);

describe('every event is stored once, and each one that is not is reported', () => {
  test.each(cases)('$name, the collector answers after $latencyMs ms', ({ name, latencyMs, drops = 0 }) => {
    const mine = of(name, latencyMs);
    expect(mine.flatMap(({ errors }) => errors)).toEqual([]);
    expect(sumRounds(mine)).toMatchObject({ rounds, lost: 0, duplicates: 0, dropped: rounds * drops });
  });

  // In a single round of each, one batch is 1 %.
  test.runIf(rounds > 1)('at most 1 % of all events are sent more than once', () => {
    const { tracked, copies } = sumRounds(played);
    expect(tracked).toBeGreaterThan(rounds * cases.length * 5);
    expect(copies).toBeLessThanOrEqual(tracked / 100);
  });
});
