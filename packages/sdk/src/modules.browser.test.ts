import { fileURLToPath } from 'node:url';
import { openChromium } from '@taphouse/test-browser';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { createElement, type ReactElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TaphouseProvider, useTaphouse } from './react.ts';
import { type Visit, visit } from './testing/visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

/** Bundles a page's own script, as a site with a bundler would. */
async function bundle(contents: string, environment = 'production'): Promise<string> {
  const resolveDir = fileURLToPath(new URL('.', import.meta.url));
  const stdin = { contents, resolveDir, loader: 'ts' as const };
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': JSON.stringify(environment) },
  });
  return outputFiles[0]?.text ?? '';
}

/** A visit to pages that start the SDK by their own script, with `client` on window. */
async function play(script: string, act: (visit: Visit) => Promise<void>, environment?: string): Promise<void> {
  const code = await bundle(script, environment);
  await visit(browser, async (visit) => {
    visit.scene.tag = '';
    visit.scene.scripts['/own.js'] = code;
    visit.scene.head = '<script src="/own.js" defer></script>';
    const open = async (path = '/'): Promise<Page> => {
      const page = await visit.context.newPage();
      await page.goto(visit.scene.url + path);
      await page.waitForFunction('window.client');
      return page;
    };
    await act({ ...visit, open });
  });
}

const flush = (page: Page): Promise<void> => page.evaluate('client.flush()');
const named = async ({ scene }: Visit, name: string): Promise<Record<string, string>[]> =>
  (await scene.stored()).filter((event) => event.client_event === name).map((event) => event.properties);

/** As it is on a server. */
const Cart = (): ReactElement => createElement('button', { id: 'buy' }, useTaphouse() ? 'in a browser' : 'Buy');

const raging = (options: string): string =>
  `import { init } from './index.ts'; import { watchRage } from './rage.ts'; const client = init(); watchRage(client, ${options}); Object.assign(window, { client })`;
const add = (page: Page, html: string): Promise<void> =>
  page.evaluate((html) => document.body.insertAdjacentHTML('beforeend', html), html);

describe.concurrent('modules', () => {
  test('vitals reports what the page took to show', () =>
    play(
      "import { init } from './index.ts'; import { watchVitals } from './vitals.ts'; const client = init(); watchVitals(client); Object.assign(window, { client })",
      async (visit) => {
        const page = await visit.open();
        await page.waitForTimeout(500);
        await flush(page);
        const vitals = await named(visit, 'web_vital');
        expect(vitals.map(({ name }) => name)).toEqual(expect.arrayContaining(['TTFB', 'FCP']));
        expect(Number(vitals[0]?.value)).toBeGreaterThan(0);
      },
    ));

  describe.concurrent('rage', () => {
    test('reports a burst of clicks once, a dead control, and no live one', () =>
      play(raging('{ deadAfterMs: 300 }'), async (visit) => {
        const page = await visit.open();
        await add(
          page,
          '<p id="p">text</p><span role="button" id="dead">x</span><span role="button" id="live" onclick="this.textContent += 1">y</span>',
        );
        // By the mouse alone: beside other tests, five of `page.click` took longer than the second that rage may last.
        await page.hover('#p');
        const { x = 0, y = 0 } = (await page.locator('#p').boundingBox()) ?? {};
        for (let n = 0; n < 5; n += 1) await page.mouse.click(x + 5, y + 5);
        await page.waitForTimeout(1200);
        await page.click('#live');
        await page.waitForTimeout(400);
        await page.click('#dead');
        await page.waitForTimeout(600);
        await flush(page);
        expect(await named(visit, 'rage_click')).toMatchObject([{ selector: 'p#p', clicks: '3' }]);
        expect(await named(visit, 'dead_click')).toMatchObject([{ selector: 'span#dead' }]);
      }));

    test.each([
      ['a double click on a button', '<button id="x" onclick="this.title += 1">add</button>', 2],
      ['a double click on a word', '<p id="x">one two three</p>', 2],
      ['a triple click on a paragraph, which selects it', '<p id="x">one two three</p>', 3],
      ['selecting all of a text field', '<input id="x" value="one two">', 4],
      ['stepping up a number', '<input id="x" type="number">', 5],
      ['switching a checkbox', '<label id="x"><input type="checkbox">yes</label>', 4],
      ['a stepper named as one', '<button id="x" class="more" onclick="this.title += 1">+</button>', 5],
    ])('%s is none', (_, html, clickCount) =>
      play(raging("{ deadAfterMs: 300, ignore: '.more' }"), async (visit) => {
        const page = await visit.open();
        await add(page, html);
        await page.click('#x', { clickCount });
        await page.waitForTimeout(500);
        await flush(page);
        expect(await named(visit, 'rage_click')).toEqual([]);
        expect(await named(visit, 'dead_click')).toEqual([]);
      }),
    );

    test('more clicks than select a paragraph are rage there too', () =>
      play(raging('{}'), async (visit) => {
        const page = await visit.open();
        await add(page, '<p id="p">one two three</p>');
        await page.click('#p', { clickCount: 6 });
        await flush(page);
        expect(await named(visit, 'rage_click')).toMatchObject([{ selector: 'p#p', clicks: '4' }]);
      }));

    test('slow clicks, and clicks far from each other, are none', () =>
      play(raging("{ withinMs: 300, ignore: '.more' }"), async (visit) => {
        const page = await visit.open();
        await add(page, '<p id="p" style="width:600px;height:300px;user-select:none"></p>');
        for (let n = 0; n < 4; n += 1) {
          await page.click('#p');
          await page.waitForTimeout(200);
        }
        await page.waitForTimeout(400);
        for (let n = 0; n < 5; n += 1) await page.click('#p', { position: { x: 10 + n * 100, y: 10 } });
        await flush(page);
        expect(await named(visit, 'rage_click')).toEqual([]);
      }));

    test.each([
      ['a mail', '<a id="x" href="mailto:a@example.com">x</a>'],
      ['a new tab', '<a id="x" href="/two" target="_blank">x</a>'],
      ['a download', '<a id="x" href="/two" download>x</a>'],
      ['a page of which nothing has come yet', '<a id="x" href="/two?slow">x</a>'],
      ['a change in a shadow root', '<div id="host"></div>'],
      ['a sound', '<button id="x" onclick="document.dispatchEvent(new Event(\'play\'))">x</button>'],
    ])('a click that means %s is not dead', (_, html) =>
      play(raging('{ deadAfterMs: 300 }'), async (visit) => {
        const page = await visit.open();
        await page.route('**/two?slow', async (route) => {
          await new Promise((resolve) => setTimeout(resolve, 900));
          await route.continue();
        });
        await add(page, html);
        await page.evaluate(() => {
          const host = document.querySelector('#host');
          if (!host) return;
          const root = host.attachShadow({ mode: 'open' });
          root.innerHTML = '<button id="x" onclick="this.textContent += 1">x</button>';
        });
        await page.click('#x', { noWaitAfter: true });
        await new Promise((resolve) => setTimeout(resolve, 1500));
        // What the page may have left behind is sent by another.
        await flush(await visit.open('/two'));
        expect(await named(visit, 'dead_click')).toEqual([]);
      }),
    );
  });

  test('scroll reports each depth once', () =>
    play(
      "import { init } from './index.ts'; import { watchScroll } from './scroll.ts'; const client = init(); watchScroll(client); Object.assign(window, { client })",
      async (visit) => {
        const page = await visit.open();
        await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<div style=height:9000px></div>')");
        for (const y of [5000, 100, 100_000]) {
          await page.evaluate((y) => scrollTo(0, y), y);
          await page.waitForTimeout(100);
        }
        await flush(page);
        expect((await named(visit, 'scroll_depth')).map(({ percent }) => percent)).toEqual(['25', '50', '75', '90']);
      },
    ));

  test('gzip makes large batches smaller and leaves the last one as it is', () =>
    play(
      "import { gzip } from './gzip.ts'; import { init } from './index.ts'; Object.assign(window, { client: init({ send: gzip() }) })",
      async ({ scene, open }) => {
        const page = await open();
        await page.evaluate("for (let n = 0; n < 50; n += 1) client.track('many', { n })");
        await flush(page);
        await page.evaluate("for (let n = 0; n < 20; n += 1) client.track('last', { n }); location = '/two'");
        await page.waitForURL('**/two');
        const events = await scene.settled(72);
        expect(new Set(events.map((event) => event.event_id)).size).toBe(72);
        const packed = scene.posts.filter((post) => post.headers['content-encoding'] === 'gzip');
        expect(packed.length).toBeGreaterThan(0);
        for (const { length, batch } of packed) expect(length * 3).toBeLessThan(JSON.stringify(batch).length);
        expect(
          scene.posts.findLast((post) => JSON.stringify(post.batch).includes('"last"'))?.headers,
        ).not.toHaveProperty('content-encoding');
      },
    ));

  test('react gives the client to children, one client in StrictMode, where all is mounted twice', () =>
    play(
      `import { createElement as h, StrictMode, useEffect } from 'react'; import { createRoot } from 'react-dom/client';
       import { TaphouseProvider, useTaphouse } from './react.ts';
       const clients = new Set(); let mounts = 0;
       const Cart = () => { const client = useTaphouse(); clients.add(client); useEffect(() => { mounts += 1 });
         Object.assign(window, { client, seen: () => [mounts, clients.size] });
         return h('button', { id: 'buy', onClick: () => client?.track('buy', { price: 3 }) }) };
       createRoot(document.body.appendChild(document.createElement('main'))).render(h(StrictMode, null, h(TaphouseProvider, { options: {} }, h(Cart))))`,
      async (visit) => {
        const page = await visit.open();
        await page.evaluate('buy.click()');
        await flush(page);
        expect(await page.evaluate('seen()')).toEqual([2, 1]);
        expect(await named(visit, 'buy')).toMatchObject([{ price: '3' }]);
        expect(await named(visit, 'page_view')).toHaveLength(1);
      },
      'development',
    ));

  test('react takes over what a server has rendered, without a window', async () => {
    expect(globalThis).not.toHaveProperty('window');
    const html = renderToString(createElement(TaphouseProvider, { options: {} }, createElement(Cart)));
    expect(html).toBe('<button id="buy">Buy</button>');
    await play(
      `import { createElement as h } from 'react'; import { hydrateRoot } from 'react-dom/client';
       import { TaphouseProvider, useTaphouse } from './react.ts';
       const Cart = () => { const client = useTaphouse(); Object.assign(window, { client }); return h('button', { id: 'buy', onClick: () => client.track('buy') }, 'Buy') };
       const main = document.body.appendChild(document.createElement('main')); main.innerHTML = ${JSON.stringify(html)};
       window.faults = []; const onRecoverableError = (fault) => faults.push(String(fault));
       hydrateRoot(main, h(TaphouseProvider, { options: {} }, h(Cart)), { onRecoverableError })`,
      async (visit) => {
        const page = await visit.open();
        await page.click('#buy');
        await flush(page);
        expect(await page.evaluate('faults')).toEqual([]);
        expect(await named(visit, 'buy')).toHaveLength(1);
      },
      'development',
    );
  });
});
