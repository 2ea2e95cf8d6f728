import { openChromium } from '@taphouse/test-browser';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { beerEvents } from './random-click.ts';
import { serveShop, type ShopServer } from './shop-server.ts';
import { buyABeer } from './testing.ts';

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
  await page.waitForFunction(() => 'track' in ((window as { taphouse?: object }).taphouse ?? []));
}

function heading(): Promise<string> {
  return page.locator('h1').innerText();
}

test('a buyer walks from the shelf to the checkout, and each of the six events is sent once, in order', async () => {
  await open('/');
  await buyABeer(page);
  expect(await heading()).toBe('Cheers!');
  await expect.poll(() => taps().map((event) => event.client_event), { timeout: 15_000 }).toEqual([...beerEvents]);
  expect(taps()[3]?.properties).toMatchObject({ beer: 'hedgerow', price: '3.6' });
  expect(taps()[5]?.properties).toMatchObject({ bottles: '1', total: '3.85' });
  expect(new Set(taps().map((event) => event.device_id)).size).toBe(1);
});

test('the panel shows each event until it is stored', async () => {
  await open('/');
  await buyABeer(page);
  const panel = page.getByRole('complementary', { name: 'Your events' });
  await expect.poll(() => panel.locator('.tally').innerText(), { timeout: 15_000 }).toMatch(/^(\d+) of \1 stored$/);
  expect(await panel.locator('li').count()).toBe(6);
  expect(await panel.locator('li code').allInnerTexts()).toContain('beer_checkout');
  const user = server.events[0]?.user_id;
  for (const name of ['See your session', 'See your session on the dashboard']) {
    const link = page.getByRole('link', { name, exact: true });
    expect(await link.getAttribute('href')).toBe(`/dashboard/?range=hour&gap=120s&user=${String(user)}`);
  }
  await panel.getByText('Your events', { exact: true }).click();
  expect(await panel.locator('li').first().isVisible()).toBe(false);
});

test('under Global Privacy Control nothing is sent until the visitor says so', async () => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
  await open('/');
  await page.getByRole('link', { name: 'Hoppy' }).click();
  await page.getByRole('button', { name: 'Send my clicks' }).click();
  await page.getByRole('link', { name: 'Dark' }).click();
  await expect.poll(() => taps().map((event) => event.properties), { timeout: 15_000 }).toHaveLength(1);
  expect(taps()[0]?.properties).toMatchObject({ shelf: 'dark' });
});

test('a shop whose SDK is blocked says so, and sells on', async () => {
  await page.route('**/taphouse.js', (route) => route.abort());
  await page.goto(`${server.url}/beers/hedgerow`);
  await page.getByText('The SDK did not load').waitFor();
  await page.getByRole('button', { name: 'Add to crate: Hedgerow' }).click();
  await page.getByRole('link', { name: /^Cart/ }).click();
  expect(await page.locator('tfoot').innerText()).toContain('€3.85');
  faults = faults.filter((fault) => !fault.includes('ERR_FAILED'));
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

test('every page can be opened directly', async () => {
  for (const [path, title] of [
    ['/beers/winter-star', 'Winter Star'],
    ['/beers', 'All beers'],
    ['/selection', 'Your crate is empty'],
    ['/cart', 'Your crate is empty'],
    ['/?shelf=dark', 'Twelve beers'],
    ['/beers/no-such-beer', 'All beers'],
  ] as const) {
    await open(path);
    expect([path, await heading()]).toEqual([path, expect.stringContaining(title)]);
  }
});

test('the crate survives a reload and is empty after the checkout', async () => {
  await open('/beers/quiet-tide');
  await page.getByRole('button', { name: 'Add to crate: Quiet Tide' }).click();
  await page.getByRole('button', { name: 'Add to crate: Quiet Tide' }).click();
  expect(await page.getByRole('status').first().innerText()).toBe('2 bottles in your crate');
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
  await tab.waitForURL(`${server.url}/beers/lamplighter`);
  await tab.close();
  await Promise.all([page.waitForEvent('load'), page.getByRole('link', { name: 'Dashboard', exact: true }).click()]);
  expect(new URL(page.url()).pathname).toBe('/dashboard/');
});

const paths = ['/', '/beers', '/beers/hayloft', '/selection', '/cart', '/checkout'];

test('every page fits a screen 390 pixels wide, with everything to tap at least 24 pixels high', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await fillCrate();
  for (const path of paths) {
    await open(path);
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 390]);
    const low = await page.evaluate(() =>
      [...document.querySelectorAll('a:not(.skip), button, summary')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 24)
        .map((element) => element.textContent.trim()),
    );
    expect([path, low]).toEqual([path, []]);
  }
});

test('axe finds no fault on any page, in either theme', async () => {
  await page.addInitScript(axe.source);
  await fillCrate();
  for (const path of paths) {
    await page.emulateMedia({ colorScheme: 'light' });
    await open(path);
    expect([path, await axeFaults({})]).toEqual([path, []]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect([path, await axeFaults({ runOnly: ['color-contrast'] })]).toEqual([path, []]);
  }
});

function axeFaults(options: axe.RunOptions): Promise<string[]> {
  return page.evaluate(async (options) => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(options);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
  }, options);
}

test('a beer can be bought with the keyboard alone', async () => {
  await open('/');
  for (const name of ['Lamplighter', 'Add to crate: Lamplighter', 'Cart', 'Check out']) {
    await tabTo(name);
    await page.keyboard.press('Enter');
  }
  expect(await heading()).toBe('Cheers!');
});

/** Presses Tab until the focus is on what is called `name`, and in sight. */
async function tabTo(name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const { label, inSight } = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const { x, y, width, height } = element.getBoundingClientRect();
      const top = document.elementFromPoint(x + width / 2, y + height / 2);
      return { label: element.ariaLabel ?? element.innerText.trim(), inSight: element.contains(top) };
    });
    if (!label.startsWith(name)) continue;
    expect([name, inSight]).toEqual([name, true]);
    return;
  }
  throw new Error(`${name}: not reached with 60 presses of Tab`);
}

/** More bottles than the drawn crate shows. */
async function fillCrate(): Promise<void> {
  const crate = JSON.stringify({ hayloft: 14, 'clear-morning': 2 });
  await page.addInitScript(
    `if (location.pathname !== '/checkout') localStorage.setItem('copper-lane-crate', '${crate}')`,
  );
}

/** Clicks that the shop tagged, in the order they were made. */
function taps(): ShopServer['events'] {
  return server.events
    .filter((event) => event.client_event.startsWith('beer_'))
    .toSorted((a, b) => (String(a.event_id) < String(b.event_id) ? -1 : 1));
}
