import { buyABeer } from '@taphouse/beer-shop/testing';
import { openChromium } from '@taphouse/test-browser';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { ask, openTap, type Tap, temporaryFolder } from './tap.ts';

const stepMs = 10_000;

/** What the shop's page is told of each of its events: `taphouse:event`. */
interface Told {
  event_id: string;
  client_event: string;
  client_timestamp: number;
  status: string;
}

let browser: Browser;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let tap: Tap;

beforeAll(async () => {
  browser = await openChromium();
  folder = await temporaryFolder();
  tap = await openTap(folder.path, '--window', `${stepMs / 1000}s`);
});

afterAll(async () => {
  await browser.close();
  await tap.stop('SIGTERM');
  await folder[Symbol.asyncDispose]();
});

test('a visitor walks the shop, and the visit is a session on the dashboard with its count, first and last event', async () => {
  const context = await localOnly({ width: 1280, height: 900 });
  const shop = await context.newPage();
  const told = await listen(shop);
  // The whole visit in one window.
  await new Promise((wake) => setTimeout(wake, stepMs - (Date.now() % stepMs)));
  await shop.goto(`${tap.url}/`);
  await buyABeer(shop);
  await expect
    .poll(() => stored(told).map((event) => event.client_event), { timeout: 15_000 })
    .toContain('beer_checkout');
  const visit = stored(told);
  const [first, last] = [visit[0], visit.at(-1)];
  expect(Math.floor(first!.client_timestamp / stepMs)).toBe(Math.floor(last!.client_timestamp / stepMs));

  const dashboard = await context.newPage();
  await dashboard.goto(`${tap.url}/dashboard/`);
  const row = dashboard.getByRole('region', { name: 'Latest sessions, table' }).locator('tbody tr');
  await expect.poll(() => row.count(), { timeout: 40_000 }).toBe(1);
  const cells = await row.getByRole('cell').allInnerTexts();
  const [session] = await ask(
    folder.path,
    'SELECT session_id, events::INT AS events, beginnavigation, endnavigation FROM sessions',
  );
  expect(session).toEqual({
    session_id: expect.stringMatching(/^[0-9A-Z]+_[0-9A-Z]{3}\d{10}$/),
    events: visit.length,
    beginnavigation: first!.client_event,
    endnavigation: last!.client_event,
  });
  expect(cells).toEqual(
    expect.arrayContaining([String(visit.length), first!.client_event, last!.client_event, session!.session_id]),
  );
  await context.close();
}, 90_000);

test.for([
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const)(
  'the dashboard at $width px in $colorScheme asks no other host, under its policy, and fits',
  async ({ width, colorScheme }) => {
    const context = await localOnly({ width, height: 844 }, colorScheme);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    const response = await page.goto(`${tap.url}/dashboard/`);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain(`script-src 'self' 'wasm-unsafe-eval';`);
    expect(policy).toContain(`connect-src 'self';`);
    await page.getByText('Sessions over time').first().waitFor({ timeout: 30_000 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
    await context.close();
  },
);

/** A browser to which every host but this one is unreachable; asking for another fails the test. */
async function localOnly(
  viewport: { width: number; height: number },
  colorScheme: 'light' | 'dark' = 'light',
): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport, colorScheme });
  await context.route(
    (url) => url.hostname !== 'localhost',
    (route) => {
      expect.soft(route.request().url(), 'asked another host').toBe('');
      return route.abort();
    },
  );
  return context;
}

async function listen(page: Page): Promise<Told[]> {
  const told: Told[] = [];
  await page.exposeFunction('tell', (event: Told) => told.push(event));
  await page.addInitScript(() => {
    addEventListener('taphouse:event', (event) => {
      const { tell } = globalThis as unknown as { tell: (detail: unknown) => void };
      tell((event as CustomEvent).detail);
    });
  });
  return told;
}

/** The stored ones, first to last. */
function stored(told: readonly Told[]): Told[] {
  const key = (event: Told): string => `${event.client_timestamp} ${event.event_id}`;
  return told.filter((event) => event.status === 'stored').toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
