import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeLake } from '@taphouse/lake/testing';
import { findFirefox, openFirefox } from '@taphouse/test-browser';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PartialRows } from '../model/partial-rows.ts';
import { sessionize } from '../model/sessionize.ts';
import { clicksOf } from '../testing/clicks-of.ts';
import { buildPages, type PagesServer, servePages } from '../testing/serve-pages.ts';
import { shopRows } from '../testing/shop-rows.ts';

const there = findFirefox() !== undefined;
const rows = shopRows({ rows: 1200, untilAt: Date.now() - 60_000, spanMs: 20 * 3_600_000 });
const kept = new PartialRows();
rows.forEach((row, number) => kept.addLive(row, number));
kept.settle();

describe.skipIf(!there)('the dashboard in Firefox', () => {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof buildPages>>;
  let folder: string;
  let server: PagesServer;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    [browser, built] = await Promise.all([openFirefox(), buildPages()]);
    folder = await mkdtemp(join(tmpdir(), 'taphouse-lake-'));
    await makeLake({ folder, rows, events: clicksOf(rows) });
    server = await servePages({ pages: built.folder, lake: folder });
    page = await browser.newPage();
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(`${server.origin}/dashboard/?range=all`);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await built?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const sessions = (): Promise<number> =>
    page.evaluate(() => {
      const shown = document.querySelector('taphouse-dashboard')?.shadowRoot?.querySelector('.value')?.firstChild;
      return Number(shown?.parentElement?.innerText.replace(/\s.*$/s, '').replaceAll(',', ''));
    });
  /** Moves the slider to a stop and gives the session length in the address. */
  const slideTo = (stop: number): Promise<string | null> =>
    page.evaluate((stop) => {
      const length = document.querySelector('taphouse-dashboard')?.shadowRoot?.querySelector('taphouse-length');
      const input = length?.shadowRoot?.querySelector('input');
      if (!input) return null;
      input.value = String(stop);
      input.dispatchEvent(new Event('input', { bubbles: true }));
      return new URLSearchParams(location.search).get('gap');
    }, stop);

  it('shows the sessions of a lake under the strict policy', async () => {
    await expect.poll(sessions, { timeout: 60_000 }).toBe(sessionize(kept, 'windows').length);
    expect(faults).toEqual([]);
  });

  it('makes sessions of another length of the same rows', async () => {
    // The slider is drawn a moment after the first number.
    await expect.poll(() => slideTo(20)).toBe('3300s');
    await expect.poll(sessions).toBe(sessionize(kept, 3_300_000).length);
  });

  it('filters by a click on a mark of the tree map', async () => {
    await page.waitForFunction(() =>
      document
        .querySelector('taphouse-dashboard')
        ?.shadowRoot?.querySelector('taphouse-treemap')
        ?.shadowRoot?.querySelector('g.mark[data-type=tablet]'),
    );
    await slideTo(0);
    await page.evaluate(() => {
      const map = document.querySelector('taphouse-dashboard')?.shadowRoot?.querySelector('taphouse-treemap');
      map?.shadowRoot
        ?.querySelector('g.mark[data-type=tablet]:not([data-first])')
        ?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    });
    const tablets = rows.filter(({ device_id }) => device_id === 'tablet');
    const windows = new Set(tablets.map((row) => `${row.user_id} ${row.timeagg}`));
    await expect.poll(sessions).toBe(windows.size);
    expect(faults).toEqual([]);
  });
});
