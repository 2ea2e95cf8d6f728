import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeLake } from '@taphouse/lake/testing';
import { findFirefox, openFirefox } from '@taphouse/test-browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clicksOf } from './testing/clicks-of.ts';
import { hostileTexts } from './testing/hostile-texts.ts';
import { buildLibraryPage, buildPages, type PagesServer, servePages } from './testing/serve-pages.ts';
import { shopRows } from './testing/shop-rows.ts';

type Browser = Awaited<ReturnType<typeof openFirefox>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

const rows = shopRows({ rows: 30_000, untilAt: Date.UTC(2026, 10, 23, 23), spanMs: 10 * 86_400_000 - 1 });
const events = clicksOf(rows.slice(0, 300));

describe.skipIf(!findFirefox())('Firefox', () => {
  let browser: Browser;
  let folder: string;
  let library: Awaited<ReturnType<typeof buildLibraryPage>>;
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let servers: { library: PagesServer; pages: PagesServer };
  const faults: string[] = [];

  beforeAll(async () => {
    [browser, library, pages, folder] = await Promise.all([
      openFirefox(),
      buildLibraryPage(),
      buildPages(),
      mkdtemp(join(tmpdir(), 'taphouse-firefox-')),
    ]);
    const [first, ...rest] = events;
    const title = hostileTexts.join('\n');
    await makeLake({ folder, rows, events: first ? [{ ...first, page_title: title }, ...rest] : [] });
    servers = {
      library: await servePages({ pages: library.folder, lake: folder }),
      pages: await servePages({ pages: pages.folder, lake: folder }),
    };
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([servers?.library.close(), servers?.pages.close(), library?.remove(), pages?.remove()]);
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  async function open(url: string): Promise<Page> {
    const page = await browser.newPage();
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.goto(url);
    return page;
  }

  it('connects, asks, binds, stops, and reads the files of a day only', async () => {
    const page = await open(servers.library.origin);
    await page.waitForFunction('globalThis.taphouse');
    await page.evaluate(`(async () => { globalThis.lake = await taphouse.connect({ lake: '/lake/' }); })()`);
    const ask = (sql: string, values = '[]'): Promise<unknown> =>
      page.evaluate(`lake.query(${JSON.stringify(sql)}, ${values}).catch((error) => error.message)`);
    expect(await ask('SELECT count(*)::INTEGER AS n FROM aggregated')).toEqual([{ n: rows.length }]);
    expect(await ask('SELECT count(*)::INTEGER AS n FROM events')).toEqual([{ n: events.length }]);
    expect(await ask("SELECT 'abc'::INT")).toContain("Could not convert string 'abc'");
    for (const text of hostileTexts) expect(await ask('SELECT ? AS text', JSON.stringify([text]))).toEqual([{ text }]);
    servers.library.requests.length = 0;
    await ask("SELECT count(DISTINCT end_event_id) FROM sessions WHERE timeagg::DATE = '2026-11-20'");
    const opened = servers.library.requests.map(({ path }) => /day=\d+/.exec(path)?.[0]);
    expect(new Set(opened)).toEqual(new Set(['day=20']));
    const stopped = await page.evaluate(`(async () => {
      const stop = new AbortController();
      const long = lake.query('SELECT count(*) FROM range(300000) a, range(300000) b WHERE a.range * b.range % 7 = 1', [], stop);
      setTimeout(() => stop.abort(new Error('enough')), 300);
      return [await long.catch(String), (await lake.query('SELECT count(*)::INTEGER AS n FROM aggregated'))[0].n];
    })()`);
    expect(stopped).toEqual(['Error: enough', rows.length]);
    await page.close();
    expect(faults).toEqual([]);
  });

  it('runs the SQL page under its policy, and shows hostile text as text', async () => {
    const sql = 'SELECT page_title, count(*) AS n FROM events GROUP BY 1 ORDER BY length(page_title) DESC';
    const page = await open(`${servers.pages.origin}/sql/#sql=${encodeURIComponent(sql)}`);
    const run = await page.waitForSelector('>>> button.run:enabled');
    await run?.click();
    await page.waitForFunction(
      `document.querySelector('taphouse-sql').shadowRoot.querySelector('taphouse-result-grid')?.shadowRoot.querySelector('#cell-0-0')?.textContent`,
    );
    const shown = await page.evaluate(
      `document.querySelector('taphouse-sql').shadowRoot.querySelector('taphouse-result-grid').shadowRoot.querySelector('#cell-0-0').textContent`,
    );
    expect(shown).toContain(hostileTexts[0]);
    expect(await page.evaluate('typeof pwned')).toBe('undefined');
    await page.close();
    expect(faults).toEqual([]);
  });
});
