import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeLake } from '@taphouse/lake/testing';
import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clicksOf } from '../testing/clicks-of.ts';
import { layoutOf } from '../testing/layout-of.ts';
import { buildPages, type PagesServer, servePages } from '../testing/serve-pages.ts';
import { shopRows } from '../testing/shop-rows.ts';

/**
 * Both pages as text: what stands where, how wide, what is drawn, in which colours. Heights and places of words are left out, for they hang on the fonts of
 * the machine. After a change that is meant: `vitest run --project browser packages/analytics/src/pages -u`, and look.
 */
const untilAt = Date.UTC(2026, 10, 23, 18);
const rows = shopRows({ rows: 1500, untilAt, spanMs: 20 * 86_400_000 });
let browser: Browser;
let built: Awaited<ReturnType<typeof buildPages>>;
let folder: string;
let server: PagesServer;
let page: Page;

beforeAll(async () => {
  [browser, built, folder] = await Promise.all([
    openChromium(),
    buildPages(),
    mkdtemp(join(tmpdir(), 'taphouse-layout-')),
  ]);
  await makeLake({ folder, rows, events: clicksOf(rows) });
  server = await servePages({ pages: built.folder, lake: folder });
  page = await browser.newPage();
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await built.remove();
  await rm(folder, { recursive: true, force: true });
});

const views = [1280, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

describe('the layout', () => {
  it('of the dashboard is as it was looked at', async () => {
    await page.goto(`${server.origin}/dashboard/?from=2026-11-16T18:00:00Z&to=2026-11-23T18:00:00Z&compare=1`);
    await page.locator('taphouse-funnel .count', { hasText: '%' }).first().waitFor();
    await page.locator('taphouse-treemap .mark').first().waitFor();
    for (const view of views) await expect(await look(view)).toMatchFileSnapshot(fileOf('dashboard', view));
  });

  it('of the SQL page, with a result, is as it was looked at', async () => {
    const sql = 'SELECT user_id, events FROM sessions ORDER BY ALL';
    await page.goto(`${server.origin}/sql/#sql=${encodeURIComponent(sql)}`);
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.locator('taphouse-result-grid').getByText('user_id').first().waitFor();
    for (const view of views) await expect(await look(view)).toMatchFileSnapshot(fileOf('sql', view));
  });
});

type View = (typeof views)[number];

const fileOf = (name: string, { width, colorScheme }: View): string => `layout/${name}-${width}-${colorScheme}.txt`;

async function look({ width, colorScheme }: View): Promise<string> {
  // Away from what was clicked, which looks otherwise under a hand.
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    // How wide scroll bars are is the machine's affair.
    sheet.replaceSync('html { scrollbar-width: none }');
    document.adoptedStyleSheets = [sheet];
  });
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  return steady(() => page.evaluate(layoutOf));
}

/**
 * What is read when nothing has changed for a second: charts draw again to their new width, those off screen last, and
 * colours pass from one theme to the other.
 */
async function steady(read: () => Promise<string>): Promise<string> {
  let before = '';
  for (let same = 0; same < 4;) {
    await new Promise((done) => setTimeout(done, 250));
    const now = await read();
    same = now === before ? same + 1 : 0;
    before = now;
  }
  return before;
}
