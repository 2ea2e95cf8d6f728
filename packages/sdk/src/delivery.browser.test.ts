import { openChromium } from '@taphouse/test-browser';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Weather } from './testing/scene.ts';
import { kept, outcome, track, until, type Visit, visit } from './testing/visit.ts';

/**
 * Every event of a scenario exactly once, in each weather. `TAPHOUSE_ROUNDS=20` plays each so often and at every
 * latency; without it each is played once, at the latency that is hardest on it.
 */
const rounds = Number(process.env.TAPHOUSE_ROUNDS ?? 1);
const latencies = (hardest: number): number[] => (rounds > 1 ? [0, 300, 3000] : [hardest]);

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

const play = (act: (visit: Visit) => Promise<void>): Promise<void> => visit(browser, act);

describe.concurrent.each(Array.from({ length: rounds }, (_, round) => round))('round %i', () => {
  // The slow ones first: they run beside the others.
  test('D: a navigation while the collector is down loses nothing', () =>
    play(async ({ scene, open }) => {
      scene.weather = 'down';
      const page = await open();
      await track(page, 'down', 20);
      await page.goto(`${scene.url}/two`);
      await page.waitForTimeout(1000);
      scene.weather = 'fair';
      await scene.settled(22);
      expect(await outcome(scene, 'down')).toEqual({ events: 20, copies: 0 });
    }));

  test.each<[string, Weather]>([
    ['hung', 'hung'],
    ['behind a captive portal that answers 200', 'captive'],
    ['answering 500', { status: 500 }],
    ['answering 403', { status: 403 }],
    ['answering 202 as it should not', { status: 202, body: '{"rejected":[]}' }],
  ])('events of a collector %s are kept until it is fair', (_, weather) =>
    play(async ({ scene, open }) => {
      scene.weather = weather;
      const page = await open();
      await track(page, 'kept', 20);
      await until(() => scene.posts.length > 0);
      scene.weather = 'fair';
      await scene.settled(21);
      expect(await outcome(scene, 'kept')).toEqual({ events: 20, copies: 0 });
    }),
  );

  test.each(latencies(3000))(
    'A: a burst before a navigation arrives once, collector answers after %i ms',
    (latencyMs) =>
      play(async ({ scene, open }) => {
        scene.latencyMs = latencyMs;
        const page = await open();
        await track(page, 'burst', 20);
        await page.goto(`${scene.url}/two`);
        // 20, and two page views.
        await scene.settled(22);
        await until(async () => (await kept(page)) === 0);
        expect(await outcome(scene, 'burst')).toEqual({ events: 20, copies: 0 });
      }),
  );

  test.each(latencies(300))('B: a click on a link and the page it leads to both arrive, after %i ms', (latencyMs) =>
    play(async ({ scene, open }) => {
      scene.latencyMs = latencyMs;
      const page = await open();
      for (let n = 0; n < 5; n += 1) await page.click('#cart');
      await page.click('#two');
      await page.waitForURL('**/two');
      await scene.settled(7);
      expect(await outcome(scene, 'beer_cart')).toEqual({ events: 5, copies: 0 });
    }),
  );

  test.each(latencies(0))('C: events of a while of 503 arrive when it ends, after %i ms', (latencyMs) =>
    play(async ({ scene, open }) => {
      scene.latencyMs = latencyMs;
      scene.weather = { status: 503, headers: { 'Retry-After': '1' } };
      const page = await open();
      await track(page, 'during', 20);
      await until(() => scene.posts.length > 1);
      scene.weather = 'fair';
      await scene.settled(21);
      expect(await outcome(scene, 'during')).toEqual({ events: 20, copies: 0 });
    }),
  );

  test('E: of two tabs while the collector is down, the one left delivers for both', () =>
    play(async ({ scene, open }) => {
      scene.weather = 'down';
      const [one, two] = [await open(), await open('/two')];
      await track(one, 'tabs', 20);
      await track(two, 'tabs', 20);
      await one.close({ runBeforeUnload: true });
      scene.weather = 'fair';
      await scene.settled(42);
      expect(await outcome(scene, 'tabs')).toEqual({ events: 40, copies: 0 });
    }));

  test('two tabs closing together: the next visit finds what is missing', () =>
    play(async ({ scene, context, open }) => {
      const [one, two] = [await open(), await open('/two')];
      await Promise.all([track(one, 'closing', 20), track(two, 'closing', 20)]);
      await Promise.all([one.close({ runBeforeUnload: true }), two.close({ runBeforeUnload: true })]);
      await (await context.newPage()).goto(scene.url);
      await scene.settled(43);
      expect(await outcome(scene, 'closing')).toEqual({ events: 40, copies: 0 });
    }));

  test('an answer lost after storing makes copies with the same ids and times', () =>
    play(async ({ scene, open }) => {
      scene.weather = 'answer lost';
      const page = await open();
      await track(page, 'again', 5);
      // Chromium itself may repeat a POST whose connection closes without an answer.
      await until(() => scene.posts.length > 0);
      scene.weather = 'fair';
      await scene.settled(6);
      await until(async () => (await kept(page)) === 0);
      const stored = await scene.stored();
      expect(stored.length).toBeGreaterThan(6);
      expect(new Set(stored.map(({ event_id, client_timestamp }) => event_id + client_timestamp)).size).toBe(6);
    }));
});
