import { findFirefox, openFirefox } from '@taphouse/test-browser';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openScene, type Scene } from './testing/scene.ts';
import { outcome, until } from './testing/visit.ts';

const there = findFirefox() !== undefined;
if (!there)
  console.log('firefox: not found, its tests are skipped; apt-get install firefox-esr, or set TAPHOUSE_FIREFOX');

const track = (page: Page, name: string): Promise<unknown> =>
  page.evaluate(`for (let n = 0; n < 20; n += 1) taphouse.track('${name}', { n })`);

describe.skipIf(!there)('Firefox', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openFirefox();
  });
  afterAll(() => browser?.close());

  async function play(act: (scene: Scene, open: (path?: string) => Promise<Page>) => Promise<void>): Promise<void> {
    const scene = await openScene();
    const context = await browser.createBrowserContext();
    const errors: unknown[] = [];
    const open = async (path = '/'): Promise<Page> => {
      const page = await context.newPage();
      page.on('pageerror', (error) => errors.push(error));
      await page.goto(scene.url + path);
      await page.waitForFunction('window.taphouse?.track');
      return page;
    };
    try {
      await act(scene, open);
      expect(errors).toEqual([]);
    } finally {
      await context.close();
      await scene.close();
    }
  }

  test('a burst before a navigation arrives once', () =>
    play(async (scene, open) => {
      scene.latencyMs = 300;
      const page = await open();
      await track(page, 'burst');
      await page.goto(`${scene.url}/two`);
      await scene.settled(22);
      expect(await outcome(scene, 'burst')).toEqual({ events: 20, copies: 0 });
    }));

  test('a while of 503, and a navigation in it, lose nothing', () =>
    play(async (scene, open) => {
      scene.weather = { status: 503, headers: { 'Retry-After': '1' } };
      const page = await open();
      await track(page, 'during');
      await until(() => scene.posts.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await page.goto(`${scene.url}/two`);
      scene.weather = 'fair';
      await scene.settled(22);
      expect(await outcome(scene, 'during')).toEqual({ events: 20, copies: 0 });
    }));

  test('routes, Back and clicks are seen', () =>
    play(async (scene, open) => {
      const page = await open();
      await page.evaluate("history.pushState({}, '', '/beers/1')");
      await new Promise((resolve) => setTimeout(resolve, 100));
      await page.click('#cart');
      await page.evaluate('history.back()');
      await scene.settled(4);
      const events = (await scene.stored()).toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1));
      expect(events.map(({ client_event, page_url }) => [client_event, page_url?.slice(scene.url.length)])).toEqual([
        ['page_view', '/'],
        ['page_view', '/beers/1'],
        ['beer_cart', '/beers/1'],
        ['page_view', '/'],
      ]);
    }));
});
