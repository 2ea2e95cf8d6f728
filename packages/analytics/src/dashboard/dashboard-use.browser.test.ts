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
import type { Browser, Locator, Page } from 'playwright-core';
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
    await page.locator('taphouse-treemap g.mark[data-type=tablet]:not([data-first])').click();
    const tablet = await native(`SELECT count(*) FROM sessions WHERE device_id = 'tablet'`);
    await expect.poll(sessions).toBe(tablet);
    expect(page.url()).toContain('type=tablet');
    // The map and the list of devices still show the others, to be chosen instead.
    expect(await page.locator('taphouse-treemap g.mark:not([data-first])').count()).toBe(3);
    const devices = page.locator('taphouse-tile', { has: page.getByRole('heading', { name: 'Devices' }) });
    expect(await devices.locator('.bars li').count()).toBe(3);
    await page.getByRole('button', { name: 'Without the filter on tablet' }).click();
    await expect.poll(sessions).toBe(await native('SELECT count(*) FROM sessions'));
  });

  it('may be a type of device and a first event at once', async () => {
    await open('?range=all');
    await page.locator('taphouse-treemap g.mark[data-type=mobile][data-first=beer_products]').click();
    await expect
      .poll(sessions)
      .toBe(
        await native(`SELECT count(*) FROM sessions WHERE device_id = 'mobile' AND beginnavigation = 'beer_products'`),
      );
    expect(page.url()).toContain('type=mobile');
    expect(page.url()).toContain('first=beer_products');
    await page.getByRole('button', { name: 'Clear all' }).click();
    await expect.poll(sessions).toBe(await native('SELECT count(*) FROM sessions'));
  });

  it('may be an event within the session', async () => {
    await open('?range=all&gap=1800s');
    const tile = page.locator('taphouse-tile', { has: page.getByRole('heading', { name: 'Top events' }) });
    await tile.getByRole('button', { name: 'beer_checkout' }).click({ timeout: 20_000 });
    const wanted = await native(`SELECT count(*) FROM sessions_within(INTERVAL 30 MINUTES) AS s WHERE EXISTS
      (SELECT 1 FROM events AS e WHERE e.user_id = s.user_id AND e.device_id = s.device_id AND e.client_event = 'beer_checkout'
        AND e.client_timestamp BETWEEN s.beginsession AND s.endsession)`);
    await expect.poll(sessions).toBe(wanted);
    expect(page.url()).toContain('event=beer_checkout');
    expect(wanted).toBeLessThan(await native('SELECT count(*) FROM sessions_within(INTERVAL 30 MINUTES)'));
  });

  it('comes with a cell of the latest sessions', async () => {
    await open('?range=all&device=tablet');
    await expect.poll(sessions).toBe(await native(`SELECT count(*) FROM sessions WHERE device_id = 'tablet'`));
    const line = page.locator('tbody tr', { has: page.getByRole('button', { name: 'tablet', exact: true }) }).first();
    const last = (await line.getByRole('button').last().textContent()) ?? '';
    await line.getByRole('button').last().click();
    await expect
      .poll(sessions)
      .toBe(await native(`SELECT count(*) FROM sessions WHERE device_id = 'tablet' AND endnavigation = '${last}'`));
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
    const first = page.locator('taphouse-tile', { hasText: 'Top events' }).locator('.bars li').first();
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
    const tile = page.locator('taphouse-tile', { has: page.getByRole('heading', { name: 'Devices' }) });
    await tile.getByRole('button', { name: 'Table', exact: true }).click();
    expect(await tile.locator('tbody tr').count()).toBe(3);
    const [csv] = await Promise.all([page.waitForEvent('download'), tile.getByRole('button', { name: 'CSV' }).click()]);
    expect((await readFile(await csv.path(), 'utf8')).split('\r\n')[0]).toBe(
      'device_type,sessions,visitors,events,duration_sec',
    );
    const [parquet] = await Promise.all([
      page.waitForEvent('download'),
      tile.getByRole('button', { name: 'Parquet' }).click(),
    ]);
    const path = await parquet.path();
    expect(await native(`SELECT sum(sessions) FROM read_parquet('${path}')`)).toBe(await sessions());
    const link = new URL((await tile.getByRole('link', { name: 'SQL' }).getAttribute('href')) ?? '', server.origin);
    const sql = decodeURIComponent(link.hash.replace('#sql=', ''));
    expect(await native(`SELECT sum(sessions) FROM (${sql})`)).toBe(await sessions());
    await tile.getByRole('button', { name: 'Table', exact: true }).click();
    expect(faults).toEqual([]);
  });
});

describe('every tile', () => {
  const headings = [
    'At a glance',
    'Session length',
    'Sessions over time',
    'Time spent, by device',
    'Sessions by duration',
    'Devices',
    'Top events',
    'From begin to end',
    'When they come',
    'Funnel',
    'Who comes again',
    'Latest sessions',
  ];

  it.each(headings)('has a table, CSV, Parquet and SQL that agree: %s', async (name) => {
    await open('?range=all&gap=300s&type=mobile');
    await expect
      .poll(sessions)
      .toBe(await native(`SELECT count(*) FROM sessions_within(INTERVAL 5 MINUTES) WHERE device_id = 'mobile'`));
    const tile = page.locator('taphouse-tile', { has: page.getByRole('heading', { name, exact: true }) });
    await expect.poll(() => rowsBehind(tile), { timeout: 20_000 }).toBeGreaterThan(0);
    const rows = await rowsBehind(tile);
    const download = async (kind: string): Promise<string> => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        tile.getByRole('button', { name: kind }).click(),
      ]);
      return file.path();
    };
    expect((await readFile(await download('CSV'), 'utf8')).trim().split('\r\n').length).toBe(1 + rows);
    const link = await tile.getByRole('link', { name: 'SQL', exact: true }).getAttribute('href');
    const sql = decodeURIComponent(new URL(link ?? '', server.origin).hash.replace('#sql=', ''));
    const counted = await native(`SELECT count(*) FROM (${sql})`);
    expect(await native(`SELECT count(*) FROM read_parquet('${await download('Parquet')}')`)).toBe(counted);
    expect(counted).toBe(await tile.evaluate(withSessions));
    await tile.getByRole('button', { name: 'Table', exact: true }).click();
    expect(await tile.locator('tbody tr:visible').count()).toBe(Math.min(200, rows));
    await tile.getByRole('button', { name: 'Table', exact: true }).click();
    expect(faults).toEqual([]);
  });
});

describe('keys alone', () => {
  it('reach every control in the order of the page, and none holds them', async () => {
    await open('?range=all&gap=1800s');
    await page.locator('taphouse-funnel .count', { hasText: '%' }).first().waitFor();
    await page.locator('taphouse-nav a').first().focus();
    const reached: string[] = [];
    for (let press = 0; press < 400; press += 1) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        if (!element || element === document.body) return null;
        const box = element.getBoundingClientRect();
        const tile = (element.getRootNode() as ShadowRoot).host?.localName ?? '';
        return `${tile} ${element.localName} ${element.getAttribute('aria-label') ?? element.textContent?.trim() ?? ''}${box.width === 0 ? ' INVISIBLE' : ''}`;
      });
      if (name === null && reached.length > 0) break;
      if (name !== null) reached.push(name);
    }
    expect(reached.length).toBeLessThan(400);
    const parts = ['over-time', 'treemap', 'by-duration', 'flow', 'hours', 'funnel', 'retention', 'length'];
    expect(parts.filter((part) => !reached.some((name) => name.startsWith(`taphouse-${part} `)))).toEqual([]);
    const words = ['24 h', 'Dates', 'Compare', 'Copy link', 'mobile', 'beer_vitrine_nav'];
    expect(words.filter((word) => !reached.some((name) => name.includes(word)))).toEqual([]);
    expect(reached.filter((name) => name.includes('INVISIBLE'))).toEqual([]);
  });
});

describe('accessibility', () => {
  // Four looks of axe at a long page: 50 s where the machine is busy.
  it('has no fault that axe finds, in light and dark', { timeout: 180_000 }, async () => {
    await open('?range=all&gap=1800s&device=mobile&compare=1');
    await page.getByRole('button', { name: 'Without the filter device mobile' }).waitFor();
    await page.locator('.bars li').nth(3).waitFor();
    // Through the debugger, which the page's own policy does not bind.
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFaults({})).toEqual([]);
    }
    // The same with the tables in place of the charts, and with a session's events in front.
    for (const table of await page.getByRole('button', { name: 'Table', exact: true }).all()) await table.click();
    expect(await axeFaults({})).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await axeFaults({})).toEqual([]);
    for (const table of await page.getByRole('button', { name: 'Table', exact: true }).all()) await table.click();
    await page.locator('tbody button.link').first().click();
    await page.locator('dialog li').first().waitFor();
    expect(await axeFaults({})).toEqual([]);
    await page.keyboard.press('Escape');
  });

  it('is as wide as a phone and no wider, and there without a fault too', async () => {
    await open('?range=all&compare=1&type=mobile');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(400);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.locator('.bars li').nth(3).waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFaults({})).toEqual([]);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
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

/** Rows of the table behind a tile. */
function rowsBehind(tile: Locator): Promise<number> {
  return tile.evaluate((element) => (element as HTMLElement & { rows: readonly object[] }).rows.length);
}

/** Of these, the ones SQL gives: the hours table has a row for each hour of the week, SQL for each with a session. */
function withSessions(element: Element): number {
  const { rows, heading } = element as Element & { rows: readonly { sessions?: number }[]; heading: string };
  return heading === 'When they come' ? rows.filter(({ sessions }) => sessions !== 0).length : rows.length;
}

async function axeFaults(options: RunOptions): Promise<string[]> {
  const results = await page.evaluate(
    (options) => (globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(options),
    options,
  );
  return results.violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html).join(' ')}`);
}
