/** Plays scenarios many times at once, most of which is waiting, and counts what came of every event. */
import type { Browser } from 'playwright-core';
import { openScene, type Scene } from './scene.ts';
import { type Scenario, scenarios, type Tab } from './scenarios.ts';
import { setStage } from './stage.ts';
import { keeps } from './visit.ts';

/** What came of one round's events, page views among them. */
export interface Round {
  scenario: string;
  latencyMs: number;
  tracked: number;
  /** Tracked and neither stored nor meant to be dropped. */
  lost: number;
  /** Rows more than were tracked, after copies of one id are removed. */
  duplicates: number;
  /** Rows that came again with an id already stored. */
  copies: number;
  /** Drops that the SDK reported to the collector. */
  dropped: number;
  /** Drops that the scenario asks for. */
  drops: number;
  /** What was thrown into a page, or why the round did not end. */
  errors: string[];
}

/** At which the collector answers, milliseconds. */
export const latenciesMs = [0, 300, 3000];

export interface RoundsOptions {
  /** Those whose names hold this text. Default: all. */
  only?: string;
  /** Of each scenario at each latency. */
  rounds: number;
  /** How many are played at once. */
  atOnce: number;
  /** How long bad weather lasts, milliseconds. Default 2000. */
  badMs?: number;
  /** Called as each round ends. */
  onRound?: (round: Round) => void;
}

/** Plays every scenario at every latency; resolves to all rounds, in no order. */
export async function playRounds(browser: Browser, options: RoundsOptions): Promise<Round[]> {
  const { rounds, atOnce, badMs = 2000, only = '', onRound } = options;
  const chosen = scenarios.filter(({ name }) => name.includes(only));
  // Round by round, so that the long ones of one are beside the short ones of another.
  const jobs = Array.from({ length: rounds }, () =>
    chosen.flatMap((scenario) => latenciesMs.map((latencyMs) => ({ scenario, latencyMs, badMs }))),
  ).flat();
  const done: Round[] = [];
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const round = await playRound(browser, job);
      done.push(round);
      onRound?.(round);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, jobs.length) }, work));
  return done;
}

/** How long a round may take until all is stored, milliseconds: 15 s for an answer that never comes, and back-off. */
const patienceMs = 90_000;

interface Job {
  scenario: Scenario;
  latencyMs: number;
  badMs: number;
}

async function playRound(browser: Browser, { scenario, latencyMs, badMs }: Job): Promise<Round> {
  const scene = await openScene();
  const context = await browser.newContext();
  context.setDefaultTimeout(patienceMs);
  const errors: string[] = [];
  context.on('weberror', (error) => errors.push(String(error.error())));
  scene.latencyMs = latencyMs;
  const stage = setStage(scene, { context, newTab: () => context.newPage() }, badMs);
  const drops = scenario.drops ?? 0;
  try {
    const page = await scenario.play(stage);
    await settle(scene, stage.tracked() - drops, page);
  } catch (error) {
    errors.push(String(error).split('\n')[0] ?? '');
  }
  const tracked = stage.tracked();
  const counts = await count(scene, tracked - drops);
  await context.close();
  await scene.close();
  return { scenario: scenario.name, latencyMs, tracked, drops, errors, ...counts };
}

/** Resolves when all is stored, and when the device holds nothing that could be sent again. */
export async function settle(scene: Scene, expected: number, page: Tab): Promise<void> {
  const until = Date.now() + patienceMs;
  await scene.settled(expected, patienceMs);
  while (Date.now() < until && (await keeps(page, 'tap_\\d+_|page_view'))) await sleep(200);
  // What is only in memory would be sent again now.
  await page.evaluate('taphouse.flush()');
  await sleep(scene.latencyMs + 500);
}

/** What came of the events of a scene of which `expected` must be stored. */
export async function count(
  scene: Scene,
  expected: number,
): Promise<Pick<Round, 'lost' | 'duplicates' | 'copies' | 'dropped'>> {
  const stored = await scene.stored();
  const rows = new Map(stored.map((event) => [event.event_id, event.client_event]));
  const names = [...rows.values()].filter((name) => name !== 'page_view');
  return {
    lost: Math.max(0, expected - rows.size),
    duplicates: Math.max(names.length - new Set(names).size, rows.size - expected),
    copies: stored.length - rows.size,
    dropped: scene.posts.reduce((sum, { accepted, batch }) => sum + (accepted ? (batch.dropped ?? 0) : 0), 0),
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sums of rounds, and how long their list is. */
export function sumRounds(
  rounds: Round[],
): Record<'rounds' | 'tracked' | 'lost' | 'duplicates' | 'copies' | 'dropped' | 'drops', number> {
  const sum = (field: 'tracked' | 'lost' | 'duplicates' | 'copies' | 'dropped' | 'drops'): number =>
    rounds.reduce((total, round) => total + round[field], 0);
  return {
    rounds: rounds.length,
    tracked: sum('tracked'),
    lost: sum('lost'),
    duplicates: sum('duplicates'),
    copies: sum('copies'),
    dropped: sum('dropped'),
    drops: sum('drops'),
  };
}
