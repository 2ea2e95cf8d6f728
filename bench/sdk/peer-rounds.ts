/** The scenarios of our own tests, played on each SDK with a collector that speaks all their protocols. */
import type { openChromium } from '../../test/browser/src/index.ts';
import { type Scenario, scenarios, type Stage } from '../../packages/sdk/src/testing/scenarios.ts';
import type { Peer } from './peers.ts';
import { openSite, type Site } from './site.ts';

type Browser = Awaited<ReturnType<typeof openChromium>>;
type Context = Awaited<ReturnType<Browser['newContext']>>;
type Page = Awaited<ReturnType<Context['newPage']>>;

/** How long a peer may take to deliver after the scenario ends, milliseconds. */
export const graceMs = 25_000;
/** How long bad weather lasts, milliseconds. */
export const badMs = 12_000;
export const peerLatencyMs = 300;

/** Rounds at once; the larger SDKs start slowly. */
const atOnce = 24;
/**
 * How often a round is begun again whose page did not load. Once is the machine's fault; again it is the SDK's, whose
 * hung requests take all connections to the host: what was tracked until then counts.
 */
const mostTries = 2;

export interface Result {
  peer: Peer;
  scenario: string;
  taken: number;
  tracked: number;
  again: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function playPeers(
  browser: Browser,
  scripts: Map<Peer, string>,
  nothing: Peer,
  rounds: number,
): Promise<Result[]> {
  const jobs = Array.from({ length: rounds }, () =>
    [...scripts]
      .filter(([peer]) => peer !== nothing)
      .flatMap(([peer, script]) =>
        scenarios.filter(({ drops }) => !drops).map((scenario) => ({ peer, script, scenario })),
      ),
  ).flat();
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const { peer, scenario } = job;
      results.push({ peer, scenario: scenario.name, ...(await playWhole(browser, job.script, scenario)) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

type Counts = Pick<Result, 'taken' | 'tracked' | 'again'>;

async function playWhole(browser: Browser, script: string, scenario: Scenario): Promise<Counts> {
  for (let tries = 1; ; tries += 1) {
    const { fault, ...counts } = await playRound(browser, script, scenario);
    if (fault) console.error(`${scenario.name}: ${fault}`);
    if (!fault || tries === mostTries) return counts;
  }
}

async function playRound(browser: Browser, script: string, scenario: Scenario): Promise<Counts & { fault?: string }> {
  const site = await openSite(script);
  site.latencyMs = peerLatencyMs;
  const context = await browser.newContext();
  const { stage, tracked } = setStage(site, context);
  const counts = (): Counts => {
    const again = [...site.taken.values()].filter((times) => times > 1).length;
    return { taken: site.taken.size, tracked: tracked(), again };
  };
  try {
    await scenario.play(stage);
    for (const until = Date.now() + graceMs; site.taken.size < tracked() && Date.now() < until;) await sleep(100);
    await sleep(500);
    return counts();
  } catch (error) {
    return { ...counts(), fault: String(error).split('\n')[0] ?? '' };
  } finally {
    await context.close();
    site.close();
  }
}

function setStage(site: Site, context: Context): { stage: Stage<Page>; tracked: () => number } {
  let named = 0;
  const names = (count: number): string[] => Array.from({ length: count }, () => `ev_${(named += 1)}_`);
  const started = async (page: Page): Promise<Page> => {
    // Some do not start where storage is blocked: what is tracked then is lost.
    await page.waitForFunction("window.call || document.readyState === 'complete'", undefined, { timeout: 20_000 });
    await sleep(300);
    return page;
  };
  const go = async (page: Page, path: string): Promise<Page> => {
    await page.goto(site.url + path);
    return started(page);
  };
  const track = (page: Page, count: number): Promise<void> =>
    page.evaluate(`${JSON.stringify(names(count))}.forEach((n) => window.call?.(n))`);
  const stage: Stage<Page> = {
    gate: site,
    context,
    badMs,
    open: async (path = '/') => go(await context.newPage(), path),
    go,
    track,
    trackLarge: (page) => track(page, 1),
    async leaveByLink(page, count) {
      await page.evaluate(
        `two.addEventListener('click', () => ${JSON.stringify(names(count))}.forEach((n) => window.call?.(n)))`,
      );
      await page.click('#two');
      await page.waitForURL('**/two');
      await started(page);
    },
  };
  return { stage, tracked: () => named };
}
