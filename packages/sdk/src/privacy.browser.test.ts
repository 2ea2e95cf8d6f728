import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcome, track, until, type Visit, visit } from './testing/visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

const play = (act: (visit: Visit) => Promise<void>): Promise<void> => visit(browser, act);
const call = (page: Page, method: string): Promise<void> => page.evaluate(`taphouse.${method}()`);
const stored = (page: Page): Promise<string[]> => page.evaluate('Object.keys(localStorage)');

/** Requests other than for pages and the script. */
const calls = (requests: string[]): string[] => requests.filter((request) => request.includes('/v1/'));

describe.concurrent('privacy', () => {
  test.each([
    ['where consent is required', 'data-write-key="demo" data-consent="required"', false],
    ['under Global Privacy Control', 'data-write-key="demo"', true],
  ])('nothing is stored or sent %s, before a yes', (_, tag, gpc) =>
    play(async ({ scene, context, open }) => {
      scene.tag = tag;
      if (gpc) await context.addInitScript("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })");
      const page = await open();
      await track(page, 'before', 5);
      await page.click('#two');
      await page.waitForURL('**/two');
      await page.waitForTimeout(1000);
      expect(calls(scene.requests)).toEqual([]);
      expect(await stored(page)).toEqual([]);
      expect(await context.cookies()).toEqual([]);

      await call(page, 'optIn');
      await track(page, 'after', 5);
      await scene.settled(6);
      await page.goto(scene.url);
      await scene.settled(7);
      expect(await outcome(scene, 'before')).toEqual({ events: 0, copies: 0 });
      expect(await outcome(scene, 'after')).toEqual({ events: 5, copies: 0 });
      expect(await outcome(scene, 'page_view')).toEqual({ events: 2, copies: 0 });
    }),
  );

  test('a second yes adds no page view', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await call(page, 'optIn');
      await call(page, 'flush');
      await scene.settled(1);
      await page.waitForTimeout(500);
      expect(await outcome(scene, 'page_view')).toEqual({ events: 1, copies: 0 });
    }));

  test('a no erases what is stored, stops at once, and holds on the next page', () =>
    play(async ({ scene, context, open }) => {
      scene.weather = 'down';
      const page = await open();
      await track(page, 'unsent', 5);
      await until(() => scene.posts.length > 0);
      await context.addCookies([{ name: 'taphouse_device', value: 'abc', url: scene.url }]);
      await call(page, 'optOut');
      // What was on its way fails, and Chromium's own second try of it.
      await page.waitForTimeout(1500);
      scene.weather = 'fair';
      await track(page, 'later', 5);
      await page.waitForTimeout(500);
      await page.goto(`${scene.url}/two`);
      await page.waitForTimeout(1500);
      expect(await scene.stored()).toEqual([]);
      // The choice, and nothing else.
      expect(await stored(page)).toHaveLength(1);
      expect(await context.cookies()).toEqual([]);
    }));

  test('a no while a batch is on its way leaves nothing behind when the answer comes', () =>
    play(async ({ scene, context, open }) => {
      scene.latencyMs = 2000;
      const answered = context.waitForEvent('requestfinished', (request) => request.url().endsWith('/v1/events'));
      const page = await open();
      await until(() => scene.posts.length > 0);
      await call(page, 'optOut');
      await answered;
      await page.waitForTimeout(300);
      // The choice, and nothing else.
      expect(await stored(page)).toHaveLength(1);
    }));

  test('a cookieless visit is delivered and leaves nothing on the device', () =>
    play(async ({ scene, context, open }) => {
      scene.tag = 'data-write-key="demo" data-cookieless';
      const page = await open();
      await track(page, 'light', 5);
      await page.goto(`${scene.url}/two`);
      const events = await scene.settled(7);
      expect(await outcome(scene, 'light')).toEqual({ events: 5, copies: 0 });
      expect(new Set(events.map((event) => event.device_id)).size).toBe(2);
      expect(await stored(page)).toEqual([]);
      await page.waitForTimeout(500);
      // The acknowledgement of the batch sent while leaving, which ends by itself.
      expect((await context.cookies()).every(({ name }) => name.startsWith('taphouse_ack_'))).toBe(true);
    }));

  test('addresses are kept without their query, but for utm and what is allowed', () =>
    play(async ({ scene, open }) => {
      scene.tag = 'data-write-key="demo" data-keep-params="ref|page"';
      await open('/two?email=a@b.c&utm_source=x&ref=1&pagex=2&page=3#top');
      const [event] = await scene.settled(1);
      expect(event?.page_url).toBe(`${scene.url}/two?utm_source=x&ref=1&page=3`);
    }));

  test('a route in the fragment is part of the address, its query is not', () =>
    play(async ({ scene, open }) => {
      await open('/?token=1#/cart?email=a@b.c');
      const [event] = await scene.settled(1);
      expect(event?.page_url).toBe(`${scene.url}/#/cart`);
    }));
});
