import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeLake } from '@taphouse/lake/testing';
import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { dropFiles } from './testing/drop-files.ts';
import { hostileTexts } from './testing/hostile-texts.ts';
import { buildLibraryPage, type PagesServer, servePages } from './testing/serve-pages.ts';
import { shopRows } from './testing/shop-rows.ts';

let browser: Browser;
let built: Awaited<ReturnType<typeof buildLibraryPage>>;
let folder: string;
let server: PagesServer;
let page: Page;
const faults: string[] = [];
const rows = shopRows({ rows: 900, untilAt: Date.UTC(2026, 5, 1), spanMs: 86_400_000 });

beforeAll(async () => {
  [browser, built, folder] = await Promise.all([
    openChromium(),
    buildLibraryPage(),
    mkdtemp(join(tmpdir(), 'taphouse-elements-')),
  ]);
  await makeLake({ folder, rows });
  server = await servePages({ pages: built.folder, lake: join(folder, 'none') });
  page = await browser.newPage();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('404')) faults.push(message.text());
  });
  await page.goto(server.origin);
  await page.waitForFunction(() => customElements.get('taphouse-treemap'));
});
afterAll(async () => {
  await browser.close();
  await Promise.all([server.close(), built.remove(), rm(folder, { recursive: true, force: true })]);
});

/** Puts one element on the page, and gives the parts that it names. */
async function show(name: string, properties: Record<string, unknown>): Promise<string[]> {
  await page.evaluate(
    ([tag, given]) => {
      const element = Object.assign(document.createElement(tag), given);
      for (const type of ['tap-select', 'tap-funnel', 'tap-zoom', 'tap-length'])
        element.addEventListener(type, (event) => Object.assign(globalThis, { sent: (event as CustomEvent).detail }));
      document.body.replaceChildren(element);
    },
    [name, properties] as const,
  );
  await page.locator(`${name} [part]`).first().waitFor();
  return page
    .locator(`${name} [part]`)
    .evaluateAll((found) => [...new Set(found.map((each) => each.getAttribute('part') ?? ''))]);
}

const sent = (): Promise<unknown> => page.evaluate('globalThis.sent');

describe('the elements on a page of another', () => {
  const cells = hostileTexts.map((text, index) => ({
    device_type: hostileTexts[index % 3] ?? '',
    beginnavigation: text,
    sessions: 1 + index,
    events: index,
    duration_sec: 10 * index,
  }));
  const flow = hostileTexts.map((text, index) => ({
    beginnavigation: text,
    endnavigation: hostileTexts.at(-index) ?? text,
    sessions: 100 - index,
  }));

  it('draw what they are given, name their parts, and send what is chosen', async () => {
    expect(await show('taphouse-treemap', { cells })).toEqual(['chart', 'mark']);
    await page.locator('taphouse-treemap [part=mark]').first().focus();
    await page.keyboard.press('Enter');
    expect(await sent()).toMatchObject({ type: expect.any(String) });
    expect(await show('taphouse-flow', { flow })).toEqual(['chart', 'mark']);
    expect(await show('taphouse-by-duration', { counts: [{ duration_sec: 3, sessions: 5 }] })).toContain('mark');
    await page.locator('taphouse-by-duration [part=mark]').first().focus();
    await page.keyboard.press('Enter');
    expect(await sent()).toMatchObject({ duration: { from: expect.any(Number) } });
    expect(await show('taphouse-hours', { hours: Array.from({ length: 168 }, (_, index) => index) })).toContain('mark');
    const steps = hostileTexts.slice(0, 3);
    const counts = steps.map((client_event, index) => ({ step: index + 1, client_event, sessions: 9 - index }));
    expect(await show('taphouse-funnel', { steps, names: hostileTexts, counts })).toContain('field');
  });

  it('show hostile text as text', async () => {
    for (const [name, properties] of [
      ['taphouse-treemap', { cells }],
      ['taphouse-flow', { flow }],
      ['taphouse-funnel', { steps: hostileTexts, names: hostileTexts, counts: null }],
    ] as const) {
      await show(name, properties);
      expect([name, await page.locator(`${name} :is(img, iframe, script, math, a)`).count()]).toEqual([name, 0]);
    }
    expect(await page.evaluate('typeof pwned')).toBe('undefined');
    expect(faults).toEqual([]);
  });

  it('let a page style the parts of the dashboard, and hear what is chosen in it', async () => {
    const own = await servePages({ pages: built.folder, lake: folder });
    const other = await browser.newPage();
    try {
      await other.goto(own.origin);
      await other.waitForFunction(() => customElements.get('taphouse-dashboard'));
      await other.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('::part(tile) { outline: 1px solid rgb(1, 2, 3) } ::part(mark) { stroke: rgb(4, 5, 6) }');
        document.adoptedStyleSheets = [sheet];
        addEventListener('tap-select', (event) => Object.assign(globalThis, { sent: (event as CustomEvent).detail }));
        history.replaceState(null, '', '?range=all');
        const dashboard = document.createElement('taphouse-dashboard');
        dashboard.toggleAttribute('keep-url', true);
        document.body.replaceChildren(dashboard);
      });
      const mark = other.locator('taphouse-by-duration [part=mark]').first();
      expect(await mark.evaluate((each) => getComputedStyle(each).stroke)).toBe('rgb(4, 5, 6)');
      const tile = other.locator('taphouse-tile').first();
      expect(await tile.evaluate((each) => getComputedStyle(each).outlineColor)).toBe('rgb(1, 2, 3)');
      await mark.click();
      expect(await other.evaluate('globalThis.sent')).toEqual({ duration: { from: 0, to: 1 } });
      await other.evaluate(() =>
        addEventListener('tap-sql', (event) => {
          event.preventDefault();
          Object.assign(globalThis, { sent: (event as CustomEvent).detail });
        }),
      );
      const before = other.url();
      for (const link of [
        other.getByRole('link', { name: 'Sessions: SQL' }),
        other.getByRole('group', { name: 'From begin to end' }).getByRole('link'),
      ]) {
        await link.click();
        expect(await other.evaluate('globalThis.sent')).toEqual({ sql: expect.stringContaining('FROM') });
        await other.evaluate('globalThis.sent = null');
      }
      expect(other.url()).toBe(before);
    } finally {
      await other.close();
      await own.close();
    }
  });

  it('take files that are dropped on the dashboard, in the place of the lake, and back', async () => {
    await page.evaluate(() => {
      const dashboard = document.createElement('taphouse-dashboard');
      dashboard.setAttribute('lake', '/lake/');
      document.body.replaceChildren(dashboard);
    });
    await page.getByText('No session yet').waitFor();
    await dropFiles(page, [folder]);
    await page.getByText('which never leave this machine').waitFor();
    const sessions = new Set(rows.map(({ user_id, device_id, timeagg }) => `${user_id} ${device_id} ${timeagg}`)).size;
    await page.getByText(new Intl.NumberFormat('en').format(sessions), { exact: true }).first().waitFor();
    await dropFiles(page, [join(built.folder, 'index.html')]);
    await page.getByText('index.html: no Parquet').waitFor();
    await page.getByRole('button', { name: 'Back to the lake' }).click();
    await page.getByText('No session yet').waitFor();
    expect((await readdir(folder)).length).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });
});
