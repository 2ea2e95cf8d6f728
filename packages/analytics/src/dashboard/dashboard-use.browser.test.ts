import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { makeLake } from '@taphouse/lake/testing';
import { click, sessionRow } from '@taphouse/schema/testing';
import { duckdbViews } from '@taphouse/sessions/sql';
import { openChromium } from '@taphouse/test-browser';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { formatTime } from '../format.ts';
import { clicksOf } from '../testing/clicks-of.ts';
import { hostileTexts } from '../testing/hostile-texts.ts';
import { buildPages, type PagesServer, servePages } from '../testing/serve-pages.ts';
import { shopRows } from '../testing/shop-rows.ts';

const hourMs = 3_600_000;
const rows = shopRows({ rows: 1500, untilAt: Date.now() - 60_000, spanMs: 20 * hourMs });
let browser: Browser;
let built: Awaited<ReturnType<typeof buildPages>>;
let folder: string;
let hostile: string;
let server: PagesServer;
let hostileServer: PagesServer;
let page: Page;
let faults: string[] = [];
let database: DuckDBConnection;

beforeAll(async () => {
  [browser, built] = await Promise.all([openChromium(), buildPages()]);
  folder = await mkdtemp(join(tmpdir(), 'taphouse-lake-'));
  hostile = await mkdtemp(join(tmpdir(), 'taphouse-lake-'));
  await makeLake({ folder, rows, events: clicksOf(rows) });
  await makeLake({ folder: hostile, ...hostileLake() });
  server = await servePages({ pages: built.folder, lake: folder });
  hostileServer = await servePages({ pages: built.folder, lake: hostile });
  page = await newPage();
  database = await openNative();
});
afterAll(async () => {
  await Promise.all([server.close(), hostileServer.close()]);
  database.closeSync();
  await browser.close();
  await built.remove();
  for (const made of [folder, hostile]) await rm(made, { recursive: true, force: true });
});
beforeEach(() => {
  faults = [];
});

/** A page that notes what goes wrong in it. */
async function newPage(): Promise<Page> {
  const made = await browser.newPage({ acceptDownloads: true });
  made.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  made.on('pageerror', (error) => faults.push(error.message));
  return made;
}

/** Loads the dashboard of a lake once; later only its address changes, as with the back button. */
async function open(query: string, at = server): Promise<void> {
  if (page.url().startsWith(at.origin)) {
    await page.evaluate((query) => {
      history.pushState(null, '', query);
      dispatchEvent(new PopStateEvent('popstate'));
    }, query);
    return;
  }
  await page.goto(`${at.origin}/dashboard/${query}`);
  await page.locator('.value').first().waitFor();
}

const sessions = async (): Promise<number> =>
  Number((await page.locator('.number .value').first().textContent())?.replaceAll(',', ''));

/** The lake's own files in native DuckDB, with the same views. */
async function openNative(): Promise<DuckDBConnection> {
  const made = await (await DuckDBInstance.create()).connect();
  for (const table of ['rawdata', 'aggregated']) {
    await made.run(`CREATE VIEW ${table} AS SELECT * FROM read_parquet('${folder}/${table}/**/*.parquet')`);
  }
  for (const view of duckdbViews()) await made.run(view);
  return made;
}

async function native(sql: string): Promise<number> {
  return Number((await database.runAndReadAll(sql)).getRows()[0]?.[0]);
}

/** A session a hostile text, which stands in every place that a page shows. */
function hostileLake(): { rows: ReturnType<typeof sessionRow>[]; events: ReturnType<typeof click>[] } {
  const at = Date.now() - 600_000;
  const made = hostileTexts.map((text, index) =>
    sessionRow({
      session_id: text,
      user_id: text,
      device_id: text,
      beginnavigation: text,
      endnavigation: text,
      beginsession: at + index * 1000,
      endsession: at + index * 1000 + 500,
      timeagg: at,
      row_id: `hostile-${index}`,
    }),
  );
  const events = hostileTexts.map((text, index) =>
    click({
      user_id: text,
      device_id: text,
      client_event: text,
      client_timestamp: at + index * 1000,
      page_url: text,
      page_title: text,
      referrer: text,
      properties: { [text]: text },
    }),
  );
  return { rows: made, events };
}

describe('the session length', () => {
  it('makes other sessions of the same rows, as native DuckDB does, and keeps it in the URL', async () => {
    await open('?range=all');
    await expect.poll(sessions).toBe(await native('SELECT count(*) FROM sessions'));
    const slider = page.locator('taphouse-length input');
    for (const [gap, sql] of [
      ['600s', 'INTERVAL 10 MINUTES'],
      ['1800s', 'INTERVAL 30 MINUTES'],
      ['14400s', 'INTERVAL 4 HOURS'],
    ] as const) {
      await slider.focus();
      while (!page.url().includes(`gap=${gap}`)) await slider.press('ArrowRight');
      const wanted = await native(`SELECT count(*) FROM sessions_within(${sql})`);
      await expect.poll(sessions).toBe(wanted);
    }
    expect(faults).toEqual([]);
  });
});

describe('a filter', () => {
  it('comes with a click on a mark, applies to every number, and goes with its chip', async () => {
    await open('?range=all');
    await expect.poll(sessions).toBe(await native('SELECT count(*) FROM sessions'));
    await page.locator('taphouse-treemap g.mark', { hasText: 'tablet' }).first().click();
    const tablet = await native(`SELECT count(*) FROM sessions WHERE device_id = 'tablet'`);
    await expect.poll(sessions).toBe(tablet);
    expect(page.url()).toContain('device=tablet');
    expect(await page.locator('taphouse-treemap g.mark').count()).toBe(3);
    await page.getByRole('button', { name: 'Without the filter device tablet' }).click();
    await expect.poll(sessions).toBe(await native('SELECT count(*) FROM sessions'));
  });

  it('is set by keys alone', async () => {
    await open('?range=all');
    await expect.poll(sessions).toBe(await native('SELECT count(*) FROM sessions'));
    await page.locator('taphouse-by-duration .mark').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect
      .poll(sessions)
      .toBe(await native('SELECT count(*) FROM sessions WHERE duration_sec >= 5 AND duration_sec < 10'));
  });

  it('opens from a link', async () => {
    await open('?range=all&gap=1800s&device=mobile&first=beer_products');
    await expect.poll(sessions).toBe(
      await native(`SELECT count(*) FROM sessions_within(INTERVAL 30 MINUTES)
        WHERE device_id = 'mobile' AND beginnavigation = 'beer_products'`),
    );
  });
});

describe('the tables of single events', () => {
  it('give the top events and the funnel of native DuckDB', async () => {
    await open('?range=all&gap=14400s');
    const first = page.locator('.bars li').first();
    await expect.poll(sessions).toBe(await native('SELECT count(*) FROM sessions_within(INTERVAL 4 HOURS)'));
    const events = await native(`SELECT count(*) FROM events WHERE client_event = 'beer_vitrine_nav'`);
    await expect.poll(() => first.textContent(), { timeout: 20_000 }).toContain(events.toLocaleString('en-GB'));
    const counts = page.locator('taphouse-funnel .count');
    await expect.poll(() => counts.first().textContent(), { timeout: 20_000 }).toContain('%');
    const wanted = await native(`SELECT count(DISTINCT (s.user_id, s.device_id, s.beginsession))
      FROM sessions_within(INTERVAL 4 HOURS) s JOIN events a USING (user_id, device_id) JOIN events b USING (user_id, device_id)
      WHERE a.client_event = 'beer_products' AND b.client_event = 'beer_product_detail'
        AND a.client_timestamp BETWEEN s.beginsession AND s.endsession AND b.client_timestamp BETWEEN s.beginsession AND s.endsession
        AND (b.client_timestamp > a.client_timestamp OR (b.client_timestamp = a.client_timestamp AND b.event_id > a.event_id))`);
    await expect
      .poll(() => counts.nth(1).textContent(), { timeout: 20_000 })
      .toContain(`${wanted.toLocaleString('en-GB')} `);
  });

  it('give the events of one session in their order', async () => {
    const busy = rows.toSorted((a, b) => b.beginsession - a.beginsession)[0]!;
    await open(`?range=all&user=${busy.user_id}&device=${busy.device_id}`);
    await page.locator('tbody tr:first-child td', { hasText: formatTime(busy.beginsession) }).waitFor();
    await page.locator('tbody button.link').first().click();
    await page.locator('dialog li, dialog [role=alert]').first().waitFor();
    expect(await page.locator('dialog [role=alert]').allTextContents()).toEqual([]);
    expect(await page.locator('dialog li').count()).toBe(busy.events);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog').isVisible()).toBe(false);
  });
});

describe('a tile', () => {
  it('gives its rows as a table, as CSV and as Parquet, and its SQL', async () => {
    await open('?range=all');
    await expect.poll(sessions).toBe(await native('SELECT count(*) FROM sessions'));
    const tile = page.locator('taphouse-tile[heading="Time spent, by device"]');
    await tile.getByRole('button', { name: 'Table', exact: true }).click();
    expect(await tile.locator('tbody tr').count()).toBe(3);
    const [csv] = await Promise.all([page.waitForEvent('download'), tile.getByRole('button', { name: 'CSV' }).click()]);
    expect((await readFile(await csv.path(), 'utf8')).split('\r\n')[0]).toBe('device_id,duration_sec,events,sessions');
    const [parquet] = await Promise.all([
      page.waitForEvent('download'),
      tile.getByRole('button', { name: 'Parquet' }).click(),
    ]);
    const path = await parquet.path();
    expect(await native(`SELECT sum(sessions) FROM read_parquet('${path}')`)).toBe(await sessions());
    const link = new URL((await tile.getByRole('link', { name: 'SQL' }).getAttribute('href')) ?? '', server.origin);
    const sql = decodeURIComponent(link.hash.replace('#sql=', ''));
    expect(await native(`SELECT sum(sessions) FROM (${sql})`)).toBe(await sessions());
    expect(faults).toEqual([]);
  });
});

describe('accessibility', () => {
  it('has no fault that axe finds, in light and dark', async () => {
    await open('?range=all&gap=1800s&device=mobile&compare=1');
    await page.getByRole('button', { name: 'Without the filter device mobile' }).waitFor();
    await page.locator('.bars li').first().waitFor();
    // Through the debugger, which the page's own policy does not bind.
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    expect(await axeFaults({})).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await axeFaults({ runOnly: ['color-contrast'] })).toEqual([]);
  });
});

describe('hostile texts', () => {
  it('are shown as text wherever they stand, and run nowhere', async () => {
    await open('?range=all', hostileServer);
    expect(await sessions()).toBe(hostileTexts.length);
    await page.locator('.bars li').first().waitFor();
    for (const tile of await page.locator('taphouse-tile').all()) {
      const table = tile.getByRole('button', { name: 'Table', exact: true });
      await table.click();
      await table.click();
    }
    for (const [index, text] of hostileTexts.entries()) {
      await open(`?range=all&user=${encodeURIComponent(text)}`, hostileServer);
      await expect.poll(sessions).toBe(1);
      if (index % 3 > 0) continue;
      await page.locator('tbody button.link').first().click();
      await page.locator('dialog li, dialog .none, dialog [role=alert]').first().waitFor();
      expect(await page.locator('dialog .what, dialog .none, dialog [role=alert]').allTextContents()).toEqual([text]);
      await page.keyboard.press('Escape');
    }
    expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
    expect(faults).toEqual([]);
  });
});

async function axeFaults(options: RunOptions): Promise<string[]> {
  const results = await page.evaluate(
    (options) => (globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(options),
    options,
  );
  return results.violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html).join(' ')}`);
}
