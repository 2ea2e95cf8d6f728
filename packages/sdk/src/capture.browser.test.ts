import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scene } from './testing/scene.ts';
import { outcome, type Visit, visit } from './testing/visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

const play = (act: (visit: Visit) => Promise<void>): Promise<void> => visit(browser, act);
const put = (page: Page, html: string): Promise<void> =>
  page.evaluate((html) => document.body.insertAdjacentHTML('beforeend', html), html);
const flush = (page: Page): Promise<void> => page.evaluate('taphouse.flush()');

/** Names of the stored events, in the order of their ids, without the first page view. */
async function names(scene: Scene): Promise<string[]> {
  const events = await scene.stored();
  return events
    .toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1))
    .map((event) => event.client_event)
    .slice(1);
}

/** Walks three routes and back; gives [address, referrer, title] of each view. */
async function walkRoutes({ scene, open }: Visit): Promise<unknown[]> {
  const page = await open();
  await page.evaluate("history.pushState({}, '', '/beers/1'); document.title = 'One'");
  await page.waitForTimeout(50);
  await page.evaluate("history.replaceState({ scroll: 9 }, '', '/beers/1')");
  await page.waitForTimeout(50);
  await page.evaluate("history.pushState({}, '', '/cart?secret=1#top')");
  await page.waitForTimeout(50);
  await page.goBack();
  await page.waitForTimeout(100);
  await flush(page);
  const views = (await scene.stored()).filter((event) => event.client_event === 'page_view');
  return views.map(({ page_url, referrer, page_title }) => [
    page_url?.slice(scene.url.length),
    referrer?.slice(scene.url.length),
    page_title,
  ]);
}

const walked = [
  ['/', undefined, 'Shop'],
  ['/beers/1', '/', 'One'],
  ['/cart', '/beers/1', 'One'],
  ['/beers/1', '/cart', 'One'],
];

describe.concurrent('capture', () => {
  test('a click inside a tagged element reports its name and properties', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await put(
        page,
        '<button data-tap-event="beer_products" data-tap-beer-id="7" data-tap-size="XL"><b id="b">x</b></button>',
      );
      await page.click('#b');
      await flush(page);
      const event = (await scene.stored()).at(-1);
      expect(event).toMatchObject({ client_event: 'beer_products', page_title: 'Shop', page_url: `${scene.url}/` });
      expect(event?.properties).toMatchObject({ beer_id: '7', size: 'XL' });
      expect(event?.properties).not.toHaveProperty('event');
    }));

  test('a click in a shadow tree is seen, even if the page stops it', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await page.evaluate(() => {
        const host = document.body.appendChild(document.createElement('div'));
        host.attachShadow({ mode: 'open' }).innerHTML = '<button id="deep" data-tap-event="deep">x</button>';
        host.addEventListener('click', (event) => event.stopPropagation());
      });
      await page.click('#deep');
      await flush(page);
      expect(await names(scene)).toEqual(['deep']);
    }));

  test('a tagged form reports its submit, not the clicks in it; a tagged button in it reports its click', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await put(
        page,
        `<form data-tap-event="beer_checkout" onsubmit="return false"><input id="in">
         <button id="buy" data-tap-event="buy">x</button></form>`,
      );
      await page.click('#in');
      await page.click('#buy');
      await flush(page);
      expect(await names(scene)).toEqual(['buy', 'beer_checkout']);
    }));

  test('links that leave and files are reported, others and the right button are not; none is prevented', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await put(
        page,
        `<a id="out" target="x" href="http://localhost:1/away?secret=1">x</a> <a id="file" target="x" href="/menu.pdf">x</a>
         <a id="save" download="a" href="/two">x</a> <a id="mail" href="mailto:a@b.c">x</a> <a id="in" href="#x">x</a>
         <svg width="20" height="20"><a id="svg" href="#y"><rect width="20" height="20"/></a></svg>`,
      );
      await page.evaluate(() => {
        (window as unknown as { prevented: boolean[] }).prevented = [];
        addEventListener('click', (event) => {
          (window as unknown as { prevented: boolean[] }).prevented.push(event.defaultPrevented);
          event.preventDefault();
        });
      });
      for (const id of ['out', 'file', 'save', 'mail', 'in', 'svg']) await page.click(`#${id}`);
      await page.click('#out', { button: 'right' });
      await flush(page);
      expect(await names(scene)).toEqual(['outbound_link', 'file_download', 'file_download']);
      expect((await scene.stored())[1]?.properties.url).toBe('http://localhost:1/away');
      expect(await page.evaluate('prevented')).toEqual([false, false, false, false, false, false]);
    }));

  test('each route of a single-page app is one view, Back too, and the same address is none', () =>
    play(async (visit) => {
      expect(await walkRoutes(visit)).toEqual(walked);
    }));

  test('so it is without the Navigation API', () =>
    play(async (visit) => {
      await visit.context.addInitScript('delete window.navigation');
      expect(await walkRoutes(visit)).toEqual(walked);
    }));

  test('a page gone back to is a view again', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await page.goto(`${scene.url}/two`);
      await page.goBack();
      await scene.settled(3);
      expect(await outcome(scene, 'page_view')).toEqual({ events: 3, copies: 0 });
    }));

  test('visible, focused time goes with the next event', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await page.waitForTimeout(400);
      await page.click('#cart');
      await flush(page);
      const [, event] = await scene.stored();
      expect(Number(event?.properties.engaged_ms)).toBeGreaterThan(300);
    }));

  test('calls made before the file loads are run, and a second tag starts nothing', () =>
    play(async ({ scene, open }) => {
      scene.head = `<script>taphouse = window.taphouse || []; taphouse.push(['identify', 'ann'], ['trak', 'misspelt'], ['track', 'early', { n: 1 }])</script>
        <script src="/sdk/taphouse.js" data-write-key="demo" async></script>`;
      const page = await open();
      await page.waitForTimeout(300);
      await page.evaluate("taphouse.push(['track', 'late', { slice: 3 }])");
      await flush(page);
      const events = await scene.stored();
      expect(events.map((event) => event.client_event).toSorted()).toEqual(['early', 'late', 'page_view']);
      expect(events.map((event) => event.user_id)).toEqual(['ann', 'ann', 'ann']);
      expect(events.find((event) => event.client_event === 'late')?.properties).toMatchObject({ slice: '3' });
    }));

  test('identify holds on later pages, reset ends it, the device stays', () =>
    play(async ({ scene, open }) => {
      const page = await open();
      await page.evaluate("taphouse.identify('ann')");
      await page.click('#cart');
      await page.goto(`${scene.url}/two`);
      await page.waitForFunction('window.taphouse?.track');
      await page.waitForTimeout(50);
      await page.evaluate("taphouse.reset(); taphouse.track('anonymous')");
      const events = (await scene.settled(4)).toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1));
      const device = events[0]?.device_id;
      expect(events.map((event) => event.user_id)).toEqual([device, 'ann', 'ann', device]);
      expect(new Set(events.map((event) => event.device_id)).size).toBe(1);
    }));

  test('a device cookie set by the collector outlives what script has stored', () =>
    play(async ({ scene, context, open }) => {
      scene.tag += ' data-device-cookie';
      const page = await open();
      await flush(page);
      const [first] = await scene.settled(1);
      const cookie = (await context.cookies()).find(({ name }) => name === 'taphouse_device');
      expect(cookie?.value).toBe(first?.device_id);
      await page.evaluate('localStorage.clear()');
      await page.reload();
      const events = await scene.settled(2);
      expect(events.at(-1)?.device_id).toBe(first?.device_id);
    }));

  test('who a visitor is holds in the other tabs too, which share one device', () =>
    play(async ({ scene, open }) => {
      const [one, two] = await Promise.all([open(), open('/two')]);
      await Promise.all([flush(one), flush(two)]);
      await one.evaluate("taphouse.identify('ann'); taphouse.track('login')");
      await flush(one);
      await two.waitForTimeout(200);
      await two.evaluate("taphouse.track('other tab')");
      await flush(two);
      const events = await scene.stored();
      const device = events.find((event) => event.client_event === 'login')?.device_id;
      expect(events.find((event) => event.client_event === 'other tab')).toMatchObject({
        user_id: 'ann',
        device_id: device,
      });
    }));

  test('the debug hook is told of each event queued, sent and stored', () =>
    play(async ({ scene, open }) => {
      scene.head = `<script>seen = []; taphouse = [['set', { debug: (status, events) => {
        for (const event of events) seen.push([status, event.event_id, event.client_event]);
      } }]]</script>`;
      const page = await open();
      await page.waitForTimeout(50);
      await page.click('#cart');
      await page.waitForTimeout(1500);
      await flush(page);
      const seen = await page.evaluate<string[][]>('seen');
      const id = seen.find(([status, , name]) => status === 'queued' && name === 'beer_cart')?.[1];
      expect(seen.filter(([, event]) => event === id).map(([status]) => status)).toEqual(['queued', 'sent', 'stored']);
    }));
});
