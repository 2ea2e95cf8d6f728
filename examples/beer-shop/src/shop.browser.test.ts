import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { beerEvents } from './random-click.ts';
import { serveShop, type ShopServer } from './shop-server.ts';

let browser: Browser;
let server: ShopServer;
let page: Page;
let faults: string[];

beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

beforeEach(async () => {
  server = await serveShop();
  page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  page.setDefaultTimeout(10_000);
  faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
});
afterEach(async () => {
  await page.close();
  server.close();
  if (faults.length > 0) throw new Error(`the page reported errors: ${faults.join('; ')}`);
});

async function open(path: string): Promise<void> {
  await page.goto(server.url + path);
  await page.waitForFunction(() => 'push' in ((window as { taphouse?: object }).taphouse ?? []));
}

function heading(): Promise<string> {
  return page.locator('h1').innerText();
}

/** From the shelf to "Cheers!", one tagged click each. */
async function buy(): Promise<void> {
  await page.getByRole('link', { name: 'Hoppy' }).click();
  await page.getByRole('link', { name: 'All beers' }).first().click();
  await page.getByRole('link', { name: /^Hedgerow/ }).click();
  await page.getByRole('button', { name: 'Add Hedgerow' }).click();
  await page.getByRole('link', { name: /^Cart/ }).click();
  await page.getByRole('link', { name: 'Check out' }).click();
}

test('a buyer walks from the shelf to the checkout, and each of the six events is sent once, in order', async () => {
  await open('/');
  await buy();
  expect(await heading()).toBe('Cheers!');
  await expect.poll(() => taps().map((event) => event.client_event), { timeout: 15_000 }).toEqual([...beerEvents]);
  expect(taps()[3]?.properties).toMatchObject({ beer: 'hedgerow', price: '3.6' });
  expect(taps()[5]?.properties).toMatchObject({ bottles: '1', total: '3.85' });
  expect(new Set(taps().map((event) => event.device_id)).size).toBe(1);
});

test('the panel shows each event until it is stored', async () => {
  await open('/');
  await buy();
  const panel = page.getByRole('complementary', { name: 'Your events' });
  await expect.poll(() => panel.locator('.tally').innerText(), { timeout: 15_000 }).toMatch(/^(\d+) of \1 stored$/);
  expect(await panel.locator('li').count()).toBe(8);
  expect(await panel.locator('li code').allInnerTexts()).toContain('beer_checkout');
  await panel.getByText('Your events', { exact: true }).click();
  expect(await panel.locator('li').first().isVisible()).toBe(false);
});

test('moving between pages of the shop loads none, and Back returns', async () => {
  await open('/');
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await page.getByRole('link', { name: /^Stone Cherry/ }).click();
  expect(await heading()).toBe('Stone Cherry');
  expect(await page.title()).toBe('Stone Cherry · Copper Lane');
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  await page.goBack();
  expect(await heading()).toContain('Twelve beers');
  expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
});

test.each([
  ['/beers/winter-star', 'Winter Star'],
  ['/beers', 'All beers'],
  ['/selection', 'Your crate is empty'],
  ['/cart', 'Your crate is empty'],
  ['/?shelf=dark', 'Twelve beers'],
  ['/beers/no-such-beer', 'All beers'],
])('%s can be opened directly', async (path, title) => {
  await open(path);
  expect(await heading()).toContain(title);
});

test('the crate survives a reload and is empty after the checkout', async () => {
  await open('/beers/quiet-tide');
  await page.getByRole('button', { name: 'Add Quiet Tide' }).click();
  await page.getByRole('button', { name: 'Add Quiet Tide' }).click();
  await page.reload();
  await page.getByRole('link', { name: 'Look into your crate' }).click();
  await page.getByRole('button', { name: 'One Quiet Tide less' }).click();
  await page.getByRole('link', { name: 'To the cart' }).click();
  expect(await page.locator('tfoot').innerText()).toContain('€2.75');
  await page.getByRole('link', { name: 'Check out' }).click();
  expect(await page.getByLabel('0 bottles').count()).toBe(1);
});

test('links to the dashboard and a click with Ctrl are left to the browser', async () => {
  await open('/');
  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: /^Lamplighter/ }).click({ modifiers: ['ControlOrMeta'] }),
  ]);
  expect(tab.url()).toBe(`${server.url}/beers/lamplighter`);
  await tab.close();
  await Promise.all([page.waitForEvent('load'), page.getByRole('link', { name: 'Dashboard', exact: true }).click()]);
  expect(new URL(page.url()).pathname).toBe('/dashboard/');
});

test.each(['/', '/beers', '/beers/hayloft', '/selection', '/cart', '/checkout'])(
  '%s fits a screen 390 pixels wide, and everything to tap is at least 24 pixels high',
  async (path) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open('/beers/hayloft');
    for (let bottles = 0; bottles < 14; bottles += 1) await page.getByRole('button', { name: 'Add Hayloft' }).click();
    await open(path);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const low = await page.evaluate(() =>
      [...document.querySelectorAll('a:not(.skip), button, summary')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 24)
        .map((element) => element.textContent.trim()),
    );
    expect(low).toEqual([]);
  },
);

/** Clicks that the shop tagged, in the order they were made. */
function taps(): ShopServer['events'] {
  return server.events
    .filter((event) => event.client_event.startsWith('beer_'))
    .toSorted((a, b) => (String(a.event_id) < String(b.event_id) ? -1 : 1));
}
