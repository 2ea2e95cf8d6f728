import { findChromium, openChromium, openWholeChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openScene, type Scene } from './testing/scene.ts';
import { outcome, until, visit } from './testing/visit.ts';

/** Paths of the stored page views. */
const viewed = async (scene: Scene): Promise<(string | undefined)[]> =>
  (await scene.stored()).map(({ page_url }) => page_url?.slice(scene.url.length));

/** What Playwright switches off in its Chromium: prerendering, and the back/forward cache. */
describe('the life of a page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openWholeChromium();
  });
  afterAll(() => browser?.close());

  async function play(act: (scene: Scene, page: Page) => Promise<void>): Promise<void> {
    const scene = await openScene();
    // Not a context of its own: pages of a private window are not kept.
    const page = await browser.newPage();
    try {
      await act(scene, page);
    } finally {
      await page.close();
      await scene.close();
    }
  }

  test('a prerendered page is a view once it is shown, and not before', () =>
    play(async (scene, page) => {
      scene.head = `<script>if (document.prerendering) fetch('/prerendering')</script>
        <script type="speculationrules">{ "prerender": [{ "urls": ["/two"], "eagerness": "immediate" }] }</script>`;
      await page.goto(scene.url);
      await until(() => scene.requests.includes('GET /prerendering'));
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect(await viewed(scene)).toEqual(['/']);
      await Promise.all([page.waitForNavigation(), page.click('#two')]);
      await scene.settled(2);
      expect(await viewed(scene)).toEqual(['/', '/two']);
      // It is the page that was prerendered, not a second load of it.
      const startedAt = "performance.getEntriesByType('navigation')[0].activationStart";
      expect(await page.evaluate(startedAt)).toBeGreaterThan(0);
    }));

  // The packaged Chromium keeps no pages.
  test.skipIf(!findChromium())('a page back from the back/forward cache is a view again, and tracks on', () =>
    play(async (scene, page) => {
      await page.goto(scene.url);
      await page.waitForFunction('window.taphouse?.track');
      await page.evaluate("taphouse.track('before', {})");
      // Chromium does not keep a page of which a request is still on its way.
      let rounds = 0;
      do {
        rounds += 1;
        await page.evaluate('memory = 1');
        await page.goto(`${scene.url}/two`);
        await page.goBack();
        await page.waitForFunction('window.taphouse?.track');
      } while (rounds < 5 && (await page.evaluate('window.memory')) !== 1);
      // Its memory is still there: it was not loaded again.
      expect(await page.evaluate('window.memory')).toBe(1);
      await page.evaluate("taphouse.track('after', {})");
      await scene.settled(3 + 2 * rounds);
      expect(await outcome(scene, 'page_view')).toEqual({ events: 1 + 2 * rounds, copies: 0 });
      expect(await outcome(scene, 'before')).toEqual({ events: 1, copies: 0 });
      expect(await outcome(scene, 'after')).toEqual({ events: 1, copies: 0 });
    }),
  );
});

test('without that cache, an answer that a page did not wait for is no failure: the next one tries when it was told to', async () => {
  const browser = await openChromium();
  try {
    await visit(browser, async ({ scene, open }) => {
      scene.latencyMs = 500;
      scene.weather = { status: 429, headers: { 'Retry-After': '1' } };
      const page = await open();
      // So many failures in a row would be half a minute of back-off.
      await until(() => scene.posts.length > 5, 40_000);
      await page.goto(`${scene.url}/two`);
      await page.waitForFunction('window.taphouse?.track');
      expect(await page.evaluate("localStorage['taphouse_demo.next'] - Date.now()")).toBeLessThan(3000);
    });
  } finally {
    await browser.close();
  }
});
