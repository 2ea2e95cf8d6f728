import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openLake } from '@taphouse/lake/files';
import type { SessionRow } from '@taphouse/schema';
import { sessionRow, testTime } from '@taphouse/schema/testing';
import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
let data: string;
let server: PreviewServer;
let browser: Browser;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'notebook-'));
  process.env.TAPHOUSE_DATA = data;
  await build({ root, logLevel: 'warn', build: { outDir: join(data, 'dist'), emptyOutDir: true } });
  server = await preview({ root, logLevel: 'warn', build: { outDir: join(data, 'dist') }, preview: { port: 0 } });
  browser = await openChromium();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.route('**', (route) => {
    const { hostname, href } = new URL(route.request().url());
    if (hostname === '127.0.0.1') return route.continue();
    faults.push(`asked for ${href}`);
    return route.abort();
  });
  page.on('pageerror', (error) => faults.push(error.message));
});

afterAll(async () => {
  await browser.close();
  await server.close();
  await rm(data, { recursive: true });
});

/** Row `index` of one user: 40 s after the one before, with 2 events 5 s apart. */
function row(user: string, index: number): SessionRow {
  const beginsession = testTime + index * 40_000;
  const endsession = beginsession + 5000;
  return sessionRow({ user_id: user, events: 2, beginsession, endsession, duration_sec: 5 });
}

async function commit(rows: SessionRow[], position: string, from: string | null): Promise<void> {
  const lake = await openLake({ folder: join(data, 'lake') });
  const mark = { position, clockAt: testTime + Number(position), drained: false };
  await lake.write({ shard: '0', configHash: 's30000-r30000', from, mark, events: [], rows, stepMs: 30_000 });
  await lake.close();
}

const cell = (text: string) => page.locator('.observablehq', { hasText: text }).last();

test('a notebook on an empty lake says so, and answers by itself when the first sessions arrive', async () => {
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  await cell('No session yet').waitFor();
  await commit([row('a', 0), row('a', 1), row('a', 2), row('b', 0)], '1', null);
  await cell('4 sessions of 2 users, 8 clicks').waitFor();
  await expect.poll(() => page.getByText('No session yet').count()).toBe(0);
});

test('each of the five questions has a chart, and the last cell a table', async () => {
  await expect.poll(() => page.locator('svg[viewBox]:not([class*="ramp"])').count()).toBeGreaterThanOrEqual(5);
  expect(await page.locator('h2').allInnerTexts()).toHaveLength(6);
  expect(await cell('user_id').locator('tbody tr').count()).toBe(4);
  expect(await cell('are shorter than 20 s').innerText()).toBe('100 % are shorter than 20 s.');
});

test('the slider makes sessions of another length from the same rows', async () => {
  await cell('2 sessions, 4.0 clicks').waitFor();
  const gap = page.getByRole('spinbutton');
  await gap.fill('30');
  await gap.press('Enter');
  await cell('4 sessions, 2.0 clicks and 5 s').waitFor();
  await gap.fill('35');
  await gap.press('Enter');
  await cell('2 sessions, 4.0 clicks and 45 s').waitFor();
  expect(await gap.inputValue()).toBe('35');
});

test('a commit is followed, unless the reader holds the notebook still', async () => {
  await commit([row('c', 0)], '2', '1');
  await cell('5 sessions of 3 users').waitFor();
  await page.getByLabel('Follow the lake').uncheck();
  await cell('5 sessions of 3 users').waitFor();
  await commit([row('d', 0)], '3', '2');
  await new Promise((resolve) => setTimeout(resolve, 4000));
  expect(await page.getByText('6 sessions').count()).toBe(0);
  await page.getByLabel('Follow the lake').check();
  await cell('6 sessions of 4 users').waitFor();
});

test('no cell failed, and nothing was asked of another host', async () => {
  expect(await page.locator('.observablehq--error').allInnerTexts()).toEqual([]);
  expect(faults).toEqual([]);
});
