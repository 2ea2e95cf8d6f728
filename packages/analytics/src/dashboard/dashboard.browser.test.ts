import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeLake } from '@taphouse/lake/testing';
import type { Manifest } from '@taphouse/schema';
import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { buildPages, type PagesServer, servePages } from '../testing/serve-pages.ts';
import { clicksOf } from '../testing/clicks-of.ts';
import { shopRows } from '../testing/shop-rows.ts';

let browser: Browser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let folder: string;
let server: PagesServer;
let faults: string[];
let page: Page;

beforeAll(async () => {
  [browser, pages] = await Promise.all([openChromium(), buildPages()]);
});
afterAll(async () => {
  await browser.close();
  await pages.remove();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taphouse-lake-'));
  server = await servePages({ pages: pages.folder, lake: folder });
  page = await browser.newPage();
  faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
});
afterEach(async () => {
  await page.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const value = (name: string): Promise<string | null> =>
  page
    .locator('.number')
    .filter({ has: page.locator('dt', { hasText: name }) })
    .locator('.value')
    .textContent();

describe('the dashboard', () => {
  it('shows the sessions of a lake under a strict policy', async () => {
    const rows = shopRows({ rows: 2000, untilAt: Date.now(), spanMs: 20 * 3_600_000 });
    await makeLake({ folder, rows, events: clicksOf(rows), commits: 3 });
    await page.goto(`${server.origin}/dashboard/`);
    await page.locator('.value').first().waitFor();

    const keys = new Set(rows.map((row) => `${row.user_id}/${row.device_id}/${row.timeagg}`));
    expect(await value('Sessions')).toBe(keys.size.toLocaleString('en-GB'));
    expect(await value('Visitors')).toBe(String(new Set(rows.map((row) => row.user_id)).size));
    await page.locator('taphouse-treemap rect').nth(2).waitFor();
    await page.locator('taphouse-over-time rect').first().waitFor();
    await shoot('full');
    expect(faults).toEqual([]);
  });

  it('takes in a session that comes later, and says what is open', async () => {
    await makeLake({ folder, rows: shopRows({ rows: 5, untilAt: Date.now(), spanMs: 60_000 }) });
    await page.goto(`${server.origin}/dashboard/`);
    await page.locator('.value').first().waitFor();
    const [late] = shopRows({ rows: 1, untilAt: Date.now() - 120_000, spanMs: 1, seed: 99 });
    await makeLake({ folder, rows: [{ ...late!, user_id: 'late', row_id: 'row-late' }] });
    server.say({ event: 'windows', data: { total: 17, rows: [], stepMs: 30_000, rangeMs: 30_000 } });
    server.say({ event: 'lake', data: { table: 'aggregated', version: 2 } });
    await page.locator('td', { hasText: 'late' }).first().waitFor();
    expect(await value('Open now')).toBe('17');
    // Where the server follows sessions, these are what is open.
    server.say({ event: 'ongoing', data: { total: 4, rows: [], gapMs: 1_800_000 } });
    await expect.poll(() => value('Open now')).toBe('4');
    await page.getByText('sessions going on, live; 30 min of silence end one').waitFor();
  });

  it('counts a window that has just closed before any file has it, and once when one does', async () => {
    const rows = shopRows({ rows: 5, untilAt: Date.now(), spanMs: 60_000 });
    await makeLake({ folder, rows });
    await page.goto(`${server.origin}/dashboard/`);
    await page.locator('.value').first().waitFor();
    const before = Number(await value('Sessions'));
    const [made] = shopRows({ rows: 1, untilAt: Date.now() - 120_000, spanMs: 1, seed: 99 });
    const row = { ...made!, user_id: 'live', row_id: 'row-live' };
    server.say({ event: 'sessions', data: { total: 1, rows: [row] } });
    await expect.poll(() => value('Sessions'), { timeout: 20_000 }).toBe(String(before + 1));
    expect(await page.getByRole('button', { name: 'live', exact: true }).count()).toBe(1);

    await makeLake({ folder, rows: [row, { ...row, user_id: 'other', row_id: 'row-other' }] });
    server.say({ event: 'lake', data: { table: 'aggregated', version: 2 } });
    await expect.poll(() => value('Sessions'), { timeout: 20_000 }).toBe(String(before + 2));
    expect(await value('Events')).toBe(String([...rows, row, row].reduce((sum, { events }) => sum + events, 0)));
  });

  it('reads on when files go while it looks, as at a compaction', async () => {
    await makeLake({ folder, rows: shopRows({ rows: 50, untilAt: Date.now(), spanMs: 3_600_000 }) });
    await page.goto(`${server.origin}/dashboard/`);
    await page.locator('.value').first().waitFor();
    const before = await value('Sessions');
    await compactByHand();
    // Another range makes it read files it has not read, by a manifest that names files which are gone.
    await page.getByRole('button', { name: '30 d' }).click();
    await expect.poll(() => page.url()).toContain('range=month');
    await page.locator('.lead', { hasText: '30 days' }).waitFor();
    await expect.poll(() => value('Sessions')).toBe(before);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('stops a first reading, and reads on', async () => {
    await makeLake({ folder, rows: shopRows({ rows: 20, untilAt: Date.now(), spanMs: 3_600_000 }) });
    const release = await hold('**/aggregated/**/*.parquet');
    await page.goto(`${server.origin}/dashboard/`);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: 'Stopped' }).waitFor();
    release();
    await page.getByRole('button', { name: 'Read on' }).click();
    await expect.poll(() => value('Sessions')).not.toBe('0');
    expect(faults).toEqual([]);
  });

  it('stops a later reading, and is as before', async () => {
    const old = shopRows({ rows: 40, untilAt: Date.now() - 10 * 86_400_000, spanMs: 3_600_000, seed: 3 });
    const rows = shopRows({ rows: 20, untilAt: Date.now(), spanMs: 3_600_000 });
    await makeLake({ folder, rows: [...rows, ...old.map((row) => ({ ...row, row_id: `old-${row.row_id}` }))] });
    await page.goto(`${server.origin}/dashboard/`);
    await page.locator('.value').first().waitFor();
    const before = await value('Sessions');
    const release = await hold('**/aggregated/**/*.parquet');
    await page.getByRole('button', { name: '30 d' }).click();
    await page.locator('.busy').getByRole('button', { name: 'Stop' }).click();
    await page.getByText('these are the numbers from before').waitFor();
    expect(await value('Sessions')).toBe(before);
    expect(await page.getByRole('button', { name: '24 h' }).getAttribute('aria-pressed')).toBe('true');
    expect(page.url()).not.toContain('range=');
    release();
    await page.getByRole('button', { name: '30 d' }).click();
    await expect.poll(() => value('Sessions')).not.toBe(before);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('stops counting events, and counts them when asked again', async () => {
    const rows = shopRows({ rows: 20, untilAt: Date.now(), spanMs: 3_600_000 });
    await makeLake({ folder, rows, events: clicksOf(rows) });
    const release = await hold('**/rawdata/**/*.parquet');
    await page.goto(`${server.origin}/dashboard/`);
    const tile = page.locator('taphouse-tile', { has: page.getByRole('heading', { name: 'Top events' }) });
    await tile.getByRole('button', { name: 'Stop' }).click();
    await tile.getByText('Stopped before they were counted').waitFor();
    release();
    await tile.getByRole('button', { name: 'Count them' }).click();
    await tile.locator('.bars li').first().waitFor();
    expect(await tile.locator('.bars li').count()).toBe(new Set(clicksOf(rows).map((row) => row.client_event)).size);
  });

  it('keeps its numbers when the network goes, and says how old they are', async () => {
    const rows = shopRows({ rows: 400, untilAt: Date.now() - 60_000, spanMs: 3_600_000 });
    await makeLake({ folder, rows, events: clicksOf(rows) });
    await page.goto(`${server.origin}/dashboard/?range=all`);
    await page.locator('.bars li').nth(4).waitFor();
    const before = await value('Sessions');
    await page.route('**/manifest.json', (route) => route.abort());
    server.say({ event: 'lake', data: { table: 'aggregated', version: 2 } });
    await page.getByRole('alert').filter({ hasText: 'the last reading failed' }).waitFor();
    expect(await value('Sessions')).toBe(before);
    // What is in the page goes on: sessions of another length, and filters.
    await page.locator('taphouse-length input').focus();
    await page.keyboard.press('End');
    await expect.poll(() => value('Sessions')).not.toBe(before);
    await page.locator('taphouse-by-duration .mark').first().click();
    await page.getByRole('button', { name: /^Without the filter lasts/ }).waitFor();
    await page.unroute('**/manifest.json');
    server.say({ event: 'lake', data: { table: 'aggregated', version: 2 } });
    await expect.poll(() => page.getByRole('alert').count(), { timeout: 10_000 }).toBe(0);
  });

  it('stays at the range of its numbers when another cannot be read', async () => {
    const rows = shopRows({ rows: 4000, untilAt: Date.now() - 60_000, spanMs: 40 * 86_400_000 });
    await makeLake({ folder, rows, events: clicksOf(rows) });
    await page.goto(`${server.origin}/dashboard/`);
    await page.locator('.bars li').nth(4).waitFor();
    server.say({ event: 'windows', data: { total: 17, rows: [], stepMs: 30_000, rangeMs: 30_000 } });
    await expect.poll(() => value('Open now')).toBe('17');
    await page.route(/\.parquet|manifest\.json/, (route) => route.abort());
    server.hangUp();
    await page.getByText('Dates', { exact: true }).click();
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'the last reading failed' }).waitFor();
    expect(await page.locator('.dates[open]').count()).toBe(0);
    expect(await page.locator('.lead').textContent()).toContain('the last 24 hours');
    expect(new URL(page.url()).search).toBe('');
    await expect.poll(() => value('Open now')).toBe('–');
    await page.unrouteAll();
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    expect(await value('Sessions')).toBe('4,000');
  });

  it('says what is wrong where the lake does not answer, and opens when it does', async () => {
    await makeLake({ folder, rows: shopRows({ rows: 20, untilAt: Date.now(), spanMs: 3_600_000 }) });
    await page.route('**/manifest.json', (route) => route.fulfill({ status: 503, body: 'later' }));
    await page.goto(`${server.origin}/dashboard/`);
    await page.getByRole('alert').filter({ hasText: 'answered 503' }).waitFor();
    await page.unroute('**/manifest.json');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => value('Sessions')).toBe('20');
  });

  it('says so when the lake is empty', async () => {
    await page.goto(`${server.origin}/dashboard/`);
    await page.getByText('No session yet').waitFor();
    expect(faults).toEqual([expect.stringContaining('404'), expect.stringContaining('404')]);
    await shoot('empty');
  });

  it('says so when WebAssembly is blocked', async () => {
    const strict = await servePages({ pages: pages.folder, lake: folder, policy: "script-src 'self'" });
    await page.goto(`${strict.origin}/dashboard/`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain("add 'wasm-unsafe-eval' to script-src");
    await strict.close();
  });
});

/** Holds back what the page itself fetches of an address, not its worker, until the function it gives is called. */
async function hold(address: string): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(address, async (route) => {
    if (route.request().resourceType() === 'fetch') await promise;
    await route.continue().catch(() => {});
  });
  return resolve;
}

/** Gives every file of `aggregated` another name and tells the manifest, as a compaction does. */
async function compactByHand(): Promise<void> {
  const path = join(folder, 'aggregated', 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  for (const file of manifest.files) {
    const renamed = file.path.replace(/\.parquet$/, '-merged.parquet');
    await rename(join(folder, 'aggregated', file.path), join(folder, 'aggregated', renamed));
    file.path = renamed;
  }
  manifest.version += 1;
  await writeFile(path, JSON.stringify(manifest));
}

/** Pictures for the eye, where `TAPHOUSE_SHOTS` names a folder. */
async function shoot(name: string): Promise<void> {
  const shots = process.env.TAPHOUSE_SHOTS;
  if (!shots) return;
  for (const width of [1280, 390]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
}
