import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { DuckDBConnection } from '@duckdb/node-api';
import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { queries } from '../sql/queries.ts';
import { textOf } from '../sql/question.ts';
import { makeSessions, openNativeLake } from '../testing/large-lake.ts';
import { buildPages, type PagesServer, servePages } from '../testing/serve-pages.ts';
import { fromQuery } from './view-state.ts';

/** Rows in millions; the test takes a minute or two at 10, so `.ci/run` asks for it and `npm test` does not. */
const millions = Number(process.env.TAPHOUSE_LARGE ?? 0);
const untilAt = Math.floor(Date.now() / 86_400_000) * 86_400_000;

describe.skipIf(millions === 0)('the dashboard of a large lake, all of it at once', () => {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof buildPages>>;
  let folder: string;
  let server: PagesServer;
  let native: DuckDBConnection;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    [browser, built] = await Promise.all([openChromium(), buildPages()]);
    folder = await mkdtemp(join(tmpdir(), 'taphouse-lake-'));
    await makeSessions({ folder, rows: millions * 1_000_000, days: 30, perDay: 1, untilAt, events: false });
    native = await openNativeLake({ folder, events: false });
    server = await servePages({ pages: built.folder, lake: folder });
    page = await browser.newPage({ acceptDownloads: true });
    page.setDefaultTimeout(240_000);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('crash', () => faults.push('the tab crashed'));
    await page.goto(`${server.origin}/dashboard/?range=all`);
    await page.locator('.value').first().waitFor();
  }, 300_000);
  afterAll(async () => {
    native.closeSync();
    await browser.close();
    await Promise.all([server.close(), built.remove(), rm(folder, { recursive: true, force: true })]);
  });

  /** The large numbers as the page gives them to be kept. */
  async function shown(): Promise<string[]> {
    const tile = page.locator('taphouse-tile', { has: page.getByRole('heading', { name: 'At a glance' }) });
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      tile.getByRole('button', { name: 'CSV' }).click(),
    ]);
    const [, row = ''] = (await readFile(await file.path(), 'utf8')).split('\r\n');
    return row.split(',').slice(0, 3);
  }

  /** The same of native DuckDB, for the view in the page's address. */
  async function counted(): Promise<string[]> {
    const { length, filters } = fromQuery(new URL(page.url()).search);
    const { sql, values } = queries.headline({ fromAt: 0, toAt: untilAt, length, filters });
    const read = await native.runAndReadAll(`SELECT sessions, events, visitors FROM (${textOf({ sql, values })})`);
    return read.getRows()[0]!.map(String);
  }

  it('has the numbers of SQL', async () => {
    const numbers = await shown();
    expect(Number(numbers[0])).toBeGreaterThan(millions * 900_000);
    expect(numbers).toEqual(await counted());
  }, 120_000);

  it('makes its sessions again at another length', async () => {
    await page.locator('taphouse-length input').focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.url(), { timeout: 60_000 }).toContain('gap=');
    await expect.poll(async () => (await shown()).join(), { timeout: 60_000 }).toBe((await counted()).join());
  }, 240_000);

  it('counts under a filter', async () => {
    await page.locator('taphouse-by-duration .mark').first().click();
    await page.getByRole('button', { name: /^Without the filter lasts/ }).waitFor();
    expect(page.url()).toContain('seconds=');
    expect(await shown()).toEqual(await counted());
    expect(faults).toEqual([]);
  }, 240_000);
});
