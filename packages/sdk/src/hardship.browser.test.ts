import { createHash } from 'node:crypto';
import { openChromium } from '@taphouse/test-browser';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tagScript } from './testing/scene.ts';
import type { Weather } from './testing/gate.ts';
import { keeps, outcome, track, until, type Visit, visit } from './testing/visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

const play = (act: (visit: Visit) => Promise<void>): Promise<void> => visit(browser, act);

describe.concurrent('hardship', () => {
  test.each([
    [
      'blocked',
      "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })",
    ],
    ['null', "Object.defineProperty(window, 'localStorage', { value: null })"],
  ])('with storage %s events arrive from memory, those of the last moment too', (_, script) =>
    play(async ({ scene, context, open }) => {
      await context.addInitScript(script);
      const page = await open();
      await track(page, 'early', 5);
      await scene.settled(6);
      await track(page, 'last', 5);
      await page.goto(`${scene.url}/two`);
      const events = await scene.settled(12);
      expect(await outcome(scene, 'early')).toEqual({ events: 5, copies: 0 });
      expect(await outcome(scene, 'last')).toEqual({ events: 5, copies: 0 });
      expect(events[0]?.device_id).toMatch(/^[0-9a-z]{10,}$/);
    }),
  );

  test('with storage full events arrive, and what the site stored is untouched', () =>
    play(async ({ scene, context, open }) => {
      await context.addInitScript("try { localStorage.site = 'x'.repeat(5 * 1024 * 1024 - 30) } catch {}");
      const page = await open();
      await track(page, 'full', 20);
      await scene.settled(21);
      expect(await outcome(scene, 'full')).toEqual({ events: 20, copies: 0 });
      expect(await page.evaluate('localStorage.site.length')).toBe(5 * 1024 * 1024 - 30);
    }));

  test('offline, then a reload and the network: nothing is lost', () =>
    play(async ({ scene, context, open }) => {
      const page = await open();
      await scene.settled(1);
      await context.setOffline(true);
      await track(page, 'offline', 20);
      await page.waitForTimeout(300);
      await context.setOffline(false);
      await page.reload();
      await scene.settled(22);
      expect(await outcome(scene, 'offline')).toEqual({ events: 20, copies: 0 });
    }));

  test('back online it sends at once, however long the back-off', () =>
    play(async ({ scene, context, open }) => {
      scene.weather = 'down';
      const page = await open();
      await track(page, 'tunnel', 5);
      // Three tries in vain: the next one is at least 4 s away. Chromium itself may send each twice.
      await until(() => new Set(scene.posts.map(({ at }) => Math.round(at / 500))).size >= 3);
      await context.setOffline(true);
      scene.weather = 'fair';
      await page.waitForTimeout(300);
      await context.setOffline(false);
      await scene.settled(6, 2500);
      expect(await outcome(scene, 'tunnel')).toEqual({ events: 5, copies: 0 });
    }));

  test(
    'what cannot be kept is reported: stored and dropped make all',
    () =>
      play(async ({ scene, open }) => {
        scene.weather = 'down';
        const page = await open();
        for (let n = 0; n < 6; n += 1) await track(page, 'flood', 1000);
        await until(() => scene.posts.length > 1);
        scene.weather = 'fair';
        const reported = (): number =>
          scene.posts.reduce((sum, { accepted, batch }) => sum + (accepted ? (batch.dropped ?? 0) : 0), 0);
        await until(async () => {
          await page.evaluate('taphouse.flush()');
          return !(await keeps(page, 'flood'));
        }, 150_000);
        await track(page, 'last', 1);
        await page.evaluate('taphouse.flush()');
        const rows = new Set((await scene.stored()).map(({ event_id }) => event_id)).size;
        expect(rows + reported()).toBe(6002);
      }),
    200_000,
  );

  test.each<[string, Weather]>([
    ['500', { status: 500 }],
    ['403', { status: 403, body: '{"accepted":0,"rejected":[],"reason":"origin: not allowed for this key"}' }],
    ['202, as it should not', { status: 202, body: '{"rejected":[]}' }],
  ])('events of a collector that answers %s are kept until it is fair', (_, weather) =>
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

  test('an answer lost after storing makes copies with the same ids and times', () =>
    play(async ({ scene, open }) => {
      scene.weather = 'answer lost';
      const page = await open();
      await track(page, 'again', 5);
      // Chromium itself may repeat a POST whose connection closes without an answer.
      await until(() => scene.posts.length > 0);
      scene.weather = 'fair';
      await scene.settled(6);
      await until(async () => !(await keeps(page, 'again')));
      const stored = await scene.stored();
      expect(stored.length).toBeGreaterThan(6);
      expect(new Set(stored.map(({ event_id, client_timestamp }) => event_id + client_timestamp)).size).toBe(6);
    }));

  test.each(['fetch', 'crypto', 'navigation', 'AbortSignal'])('nothing is thrown into the page without %s', (name) =>
    play(async ({ scene, context, open }) => {
      await context.addInitScript(`delete window.${name}`);
      const page = await open();
      expect(await page.evaluate(`typeof window.${name}`)).toBe('undefined');
      await page.click('#cart');
      await page.evaluate('taphouse.flush()');
      await page.click('#two');
      await page.waitForURL('**/two');
      expect(scene.posts.length > 0).toBe(!['fetch', 'AbortSignal'].includes(name));
    }),
  );

  // Two tabs may then send the same events at once: the collector tells copies by their ids.
  test('without navigator.locks, as on plain http, every event arrives', () =>
    play(async ({ scene, context, open }) => {
      await context.addInitScript("Object.defineProperty(navigator, 'locks', { value: undefined })");
      const [one, two] = [await open(), await open()];
      await Promise.all([track(one, 'tabs', 10), track(two, 'tabs', 10)]);
      await scene.settled(22);
      expect((await outcome(scene, 'tabs')).events).toBe(20);
    }));

  test('too large: 413 halves the batch until it fits', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await scene.settled(1);
      scene.weather = { status: 413, body: '{"accepted":0,"rejected":[],"reason":"body: too large"}' };
      await track(page, 'large', 20);
      await until(() => scene.posts.length > 2);
      expect(scene.posts.map((post) => post.batch.events.length).slice(0, 3)).toEqual([1, 20, 10]);
      scene.weather = 'fair';
      await scene.settled(21);
      expect(await outcome(scene, 'large')).toEqual({ events: 20, copies: 0 });
    }));

  test('429 waits as long as it says', () =>
    play(async ({ scene, open }) => {
      scene.weather = { status: 429, headers: { 'Retry-After': '3' } };
      await open();
      await until(() => scene.posts.length > 0);
      scene.weather = 'fair';
      await scene.settled(1);
      const [first, second] = scene.posts.map((post) => post.at);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2900);
    }));

  test('410 stops', () =>
    play(async ({ scene, open }) => {
      scene.weather = { status: 410 };
      const page = await open();
      await until(() => scene.posts.length > 0);
      await track(page, 'stopped', 5);
      await page.evaluate('taphouse.flush()');
      await page.waitForTimeout(2500);
      expect(scene.posts.length).toBe(1);
    }));

  test('an event the collector refuses is dropped, told and counted; the others are stored', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await scene.settled(1);
      await track(page, 'x'.repeat(200), 1);
      await track(page, 'good', 3);
      await page.evaluate('taphouse.flush()');
      expect(await outcome(scene, 'good')).toEqual({ events: 3, copies: 0 });
      await track(page, 'next', 1);
      await page.evaluate('taphouse.flush()');
      // Told once, whatever number of batches the others made.
      expect(scene.posts.map((post) => post.batch.dropped).filter(Boolean)).toEqual([1]);
      expect(await keeps(page, 'good|xxx')).toBe(false);
    }));

  test('an event that is no JSON is dropped and counted, a text too long is cut', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await page.evaluate(() => {
        const round: Record<string, unknown> = {};
        round.round = round;
        const { taphouse } = window as unknown as { taphouse: { track: (name: string, properties: object) => void } };
        taphouse.track('round', round);
        taphouse.track('long', { text: 'x'.repeat(5000) });
      });
      await page.evaluate('taphouse.flush()');
      const events = await scene.settled(2);
      expect(events.map((event) => event.client_event).toSorted()).toEqual(['long', 'page_view']);
      expect(events.find((event) => event.client_event === 'long')?.properties.text?.length).toBe(1024);
    }));

  test.each([
    ['ahead', 3_600_000],
    ['behind', -3_600_000],
  ])('a clock an hour %s is put right, from the first event on', (_, wrongMs) =>
    play(async ({ scene, context, open }) => {
      await context.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${wrongMs} }`);
      const page = await open();
      await page.evaluate('taphouse.flush()');
      await track(page, 'right', 5);
      await page.evaluate('taphouse.flush()');
      const events = await scene.settled(6);
      expect(await outcome(scene, 'right')).toEqual({ events: 5, copies: 0 });
      const late = events.filter((event) => event.client_event === 'right' || wrongMs > 0);
      for (const event of late) expect(Math.abs(event.client_timestamp - event.received_at)).toBeLessThan(60_000);
    }),
  );

  test('a clock that jumps an hour while events wait loses none', () =>
    play(async ({ scene, context, open }) => {
      await context.addInitScript('{ jump = 0; const now = Date.now; Date.now = () => now() + jump }');
      scene.weather = 'down';
      const page = await open();
      await track(page, 'before', 5);
      await until(() => scene.posts.length > 0);
      await page.evaluate('jump = 3600000');
      await track(page, 'ahead', 5);
      scene.weather = 'fair';
      await scene.settled(11);
      await page.evaluate('jump = 0');
      await track(page, 'back', 5);
      await scene.settled(16);
      for (const name of ['before', 'ahead', 'back'])
        expect(await outcome(scene, name)).toEqual({ events: 5, copies: 0 });
    }));

  test("it runs under script-src 'self' with an integrity hash, and sends no preflight", () =>
    play(async ({ scene, open }) => {
      const hash = createHash('sha384')
        .update(await tagScript())
        .digest('base64');
      scene.tag += ` integrity="sha384-${hash}"`;
      scene.pageHeaders = { 'Content-Security-Policy': "default-src 'none'; script-src 'self'; connect-src 'self'" };
      const page = await open();
      await page.click('#cart');
      await scene.settled(2);
      expect(scene.requests.filter((request) => request.startsWith('OPTIONS'))).toEqual([]);
      expect(scene.posts[0]?.headers['content-type']).toMatch('text/plain');
    }));

  test('to a collector of another origin it sends no preflight either', () =>
    play(async ({ scene, open }) => {
      scene.tag += ` data-endpoint="${scene.url.replace('127.0.0.1', 'localhost')}"`;
      const page = await open();
      await page.click('#cart');
      await scene.settled(2);
      expect(scene.posts[0]?.headers).toMatchObject({ origin: scene.url, host: expect.stringMatching(/^localhost:/) });
      expect(scene.requests.filter((request) => request.startsWith('OPTIONS'))).toEqual([]);
    }));

  test('in steady use: at most 200 bytes a click and one POST in 2 s of all tabs', () =>
    play(async ({ scene, open }) => {
      const pages = [await open(), await open('/two')];
      await scene.settled(2);
      const before = scene.posts.length;
      const events = { sent: 0 };
      for (const until = Date.now() + 5000; Date.now() < until; events.sent += 4) {
        for (const page of pages) await page.evaluate('cart.click(), cart.click()');
        await pages[0]?.waitForTimeout(200);
      }
      await scene.settled(2 + events.sent);
      const posts = scene.posts.slice(before);
      // By when they were made: on a busy machine one arrives late, and the next soon after it.
      const madeAt = posts.map(({ batch }) => batch.sent_at).toSorted((a, b) => a - b);
      expect(Math.min(...madeAt.slice(1).map((at, index) => at - (madeAt[index] ?? 0)))).toBeGreaterThanOrEqual(2000);
      expect(posts.reduce((sum, post) => sum + post.length, 0) / events.sent).toBeLessThan(200);
    }));

  test('an address that is not the collector gets one line in the console, and the page goes on', () =>
    play(async ({ scene, context, open }) => {
      const lines: string[] = [];
      context.on('console', (message) => lines.push(message.text()));
      scene.tag += ' data-endpoint="/nowhere"';
      const page = await open();
      await until(() => lines.length > 0);
      await page.click('#cart');
      // Long enough for another try.
      await page.waitForTimeout(4000);
      expect(lines.filter((line) => line.startsWith('taphouse:'))).toEqual([
        expect.stringMatching(/^taphouse: .*; check endpoint \/nowhere\/v1\/events$/),
      ]);
      await page.click('#two');
      await page.waitForURL('**/two');
    }));

  test.each([
    [
      'data-pageviews="false"',
      /^taphouse: option pageviews is undefined, not false; check endpoint,writeKey,.*,pageViews,/,
    ],
    ['data-before="redact"', /^taphouse: option before is function, not redact; check endpoint,writeKey,/],
  ])('an option that is none, %s, gets one line in the console, and the page goes on', (attribute, line) =>
    play(async ({ scene, context, open }) => {
      const lines: string[] = [];
      context.on('console', (message) => lines.push(message.text()));
      scene.tag += ` ${attribute}`;
      const page = await open();
      await page.click('#cart');
      await scene.settled(2);
      expect(lines.filter((text) => text.startsWith('taphouse:'))).toEqual([expect.stringMatching(line)]);
    }),
  );
});
