import { findFirefox, openFirefox } from '@taphouse/test-browser';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count, latenciesMs, settle } from './testing/rounds.ts';
import { openScene, type Scene } from './testing/scene.ts';
import { type Scenario, scenarios } from './testing/scenarios.ts';
import { setStage } from './testing/stage.ts';
import { outcome } from './testing/visit.ts';

const there = findFirefox() !== undefined;
if (!there)
  console.log('firefox: not found, its tests are skipped; apt-get install firefox-esr, or set TAPHOUSE_FIREFOX');

interface Visit {
  scene: Scene;
  newTab: () => Promise<Page>;
  /** A tab with the SDK started. */
  open: (path?: string) => Promise<Page>;
  scripts: string[];
}

/** A visit with a profile of its own; fails if anything was thrown into a page. */
async function play(browser: Browser, act: (visit: Visit) => Promise<void>): Promise<void> {
  const scene = await openScene();
  const context = await browser.createBrowserContext();
  const errors: unknown[] = [];
  const scripts: string[] = [];
  const newTab = async (): Promise<Page> => {
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error));
    for (const script of scripts) await page.evaluateOnNewDocument(script);
    return page;
  };
  const open = async (path = '/'): Promise<Page> => {
    const page = await newTab();
    await page.goto(scene.url + path);
    await page.waitForFunction('window.taphouse?.track');
    return page;
  };
  try {
    await act({ scene, newTab, open, scripts });
    expect(errors).toEqual([]);
  } finally {
    await context.close();
    await scene.close();
  }
}

/** Firefox as it is started with these preferences. */
function withFirefox(prefs: Record<string, boolean | number>, tests: (browser: () => Browser) => void): void {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openFirefox(prefs);
  });
  afterAll(() => browser?.close());
  tests(() => browser);
}

/** Plays a scenario; gives what came of its events. */
async function outcomeOf(browser: Browser, { play: act, drops = 0 }: Scenario, latencyMs = 300): Promise<Counts> {
  let counts: Counts | undefined;
  await play(browser, async ({ scene, newTab, scripts }) => {
    scene.latencyMs = latencyMs;
    const context = {
      addInitScript: async (script: string) => void scripts.push(script),
      // WebDriver BiDi cannot take Firefox offline.
      setOffline: scene.goAway,
    };
    const stage = setStage(scene, { context, newTab }, 2000);
    const page = await act(stage);
    await settle(scene, stage.tracked() - drops, page);
    // A tab that another one hides may drop an event after its last batch: the next one tells.
    if (drops) await stage.track(page, 1);
    if (drops) await settle(scene, stage.tracked() - drops, page);
    counts = await count(scene, stage.tracked() - drops);
  });
  return counts as Counts;
}

type Counts = Awaited<ReturnType<typeof count>>;

const isTogether = ({ name }: Scenario): boolean => name === 'two tabs closed together';
/** At 300 ms, as within `.ci/run`; all three with `TAPHOUSE_ROUNDS`, which takes some minutes. */
const latencies = process.env.TAPHOUSE_ROUNDS ? latenciesMs : [300];
const cases = latencies.flatMap((latencyMs) =>
  scenarios.filter((scenario) => !isTogether(scenario)).map((scenario) => ({ ...scenario, latencyMs })),
);

/** Whether an answer may be out as the network goes, or as the clock jumps an hour: it looks as if it never came, and its batch may go again. */
const mayCopy = ({ name }: Scenario, latencyMs: number): boolean =>
  name.startsWith('offline') || (latencyMs > 2000 && name.startsWith('the clock'));

const complete = { lost: 0, duplicates: 0, copies: 0, dropped: 0 };

describe.skipIf(!there)('Firefox', () => {
  // Five at once are behind each other: so as not to wait for their timers, as Playwright starts Chromium.
  describe('with timers as in a tab in front', () => {
    const prefs = { 'dom.min_background_timeout_value': 4, 'dom.timeout.enable_budget_timer_throttling': false };
    withFirefox(prefs, (browser) => {
      test.concurrent.each(cases)(
        '$name, the collector answers after $latencyMs ms: every event arrives once',
        { timeout: 120_000 },
        async ({ latencyMs, ...scenario }) => {
          const { copies, ...others } = complete;
          expect(await outcomeOf(browser(), scenario, latencyMs)).toMatchObject({
            ...others,
            ...(mayCopy(scenario, latencyMs) ? {} : { copies }),
            dropped: scenario.drops ?? 0,
          });
        },
      );
    });
  });

  describe('as it comes', () => {
    withFirefox({}, (browser) => {
      // The one behind has slow timers, and ends with its process as it is closed.
      test.each(scenarios.filter(isTogether))('$name: every event arrives once', async (scenario) =>
        expect(await outcomeOf(browser(), scenario)).toEqual(complete),
      );

      test('routes, Back and clicks are seen', () =>
        play(browser(), async ({ scene, open }) => {
          const page = await open();
          await page.evaluate("history.pushState({}, '', '/beers/1')");
          await new Promise((resolve) => setTimeout(resolve, 100));
          await page.click('#cart');
          await page.evaluate('history.back()');
          await scene.settled(4);
          const events = (await scene.stored()).toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1));
          expect(events.map(({ client_event, page_url }) => [client_event, page_url?.slice(scene.url.length)])).toEqual(
            [
              ['page_view', '/'],
              ['page_view', '/beers/1'],
              ['beer_cart', '/beers/1'],
              ['page_view', '/'],
            ],
          );
        }));

      test('so they are without the Navigation API, by history', () =>
        play(browser(), async ({ scene, open, scripts }) => {
          scripts.push('delete window.navigation');
          const page = await open();
          expect(await page.evaluate('window.navigation === undefined')).toBe(true);
          await page.evaluate("history.pushState({}, '', '/beers/2'); history.replaceState({ y: 1 }, '', '/beers/2')");
          await new Promise((resolve) => setTimeout(resolve, 100));
          await page.evaluate('history.back()');
          await scene.settled(3);
          const events = (await scene.stored()).toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1));
          expect(events.map(({ page_url }) => page_url?.slice(scene.url.length))).toEqual(['/', '/beers/2', '/']);
        }));

      test('a no erases what is stored and stops', () =>
        play(browser(), async ({ scene, open }) => {
          scene.weather = 'down';
          const page = await open();
          await page.evaluate("taphouse.track('unsent')");
          await new Promise((resolve) => setTimeout(resolve, 600));
          await page.evaluate('taphouse.optOut()');
          // What was on its way fails, and Firefox's own second try of it.
          await new Promise((resolve) => setTimeout(resolve, 1500));
          scene.weather = 'fair';
          await page.evaluate("taphouse.track('later')");
          await page.goto(`${scene.url}/two`);
          await new Promise((resolve) => setTimeout(resolve, 1500));
          expect(await scene.stored()).toEqual([]);
          // The choice, and nothing else.
          expect(await page.evaluate('localStorage.length')).toBe(1);
        }));
    });
  });

  describe('with Global Privacy Control switched on', () => {
    withFirefox(
      { 'privacy.globalprivacycontrol.enabled': true, 'privacy.globalprivacycontrol.functionality.enabled': true },
      (browser) => {
        test('nothing is stored or sent before a yes', () =>
          play(browser(), async ({ scene, open }) => {
            const page = await open();
            expect(await page.evaluate('navigator.globalPrivacyControl')).toBe(true);
            await page.click('#cart');
            await new Promise((resolve) => setTimeout(resolve, 1000));
            expect(scene.requests.filter((request) => request.includes('/v1/'))).toEqual([]);
            expect(await page.evaluate('localStorage.length')).toBe(0);
            await page.evaluate("taphouse.optIn(); taphouse.track('after')");
            await scene.settled(2);
            expect(await outcome(scene, 'after')).toEqual({ events: 1, copies: 0 });
            expect(await outcome(scene, 'beer_cart')).toEqual({ events: 0, copies: 0 });
          }));
      },
    );
  });

  describe('with cookies and storage blocked by its own setting', () => {
    withFirefox({ 'network.cookie.cookieBehavior': 2 }, (browser) => {
      test('events arrive from memory, those of the last moment too', () =>
        play(browser(), async ({ scene, open }) => {
          const page = await open();
          const blocked = 'try { localStorage.x = 1; false } catch (error) { error.name }';
          expect(await page.evaluate(blocked)).toBe('SecurityError');
          await page.evaluate("for (let n = 0; n < 20; n += 1) taphouse.track('blocked', { n })");
          await page.goto(`${scene.url}/two`);
          await scene.settled(22);
          expect(await outcome(scene, 'blocked')).toEqual({ events: 20, copies: 0 });
        }));
    });
  });
});
