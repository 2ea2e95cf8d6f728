import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';
import { makeLake } from '@taphouse/lake/testing';
import type { ClickEvent, Manifest } from '@taphouse/schema';
import { click } from '@taphouse/schema/testing';
import { openChromium } from '@taphouse/test-browser';
import axe from 'axe-core';
import type { Browser, BrowserContext, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { quoted } from '../sql/quoted.ts';
import { dropFiles } from '../testing/drop-files.ts';
import { hostileTexts } from '../testing/hostile-texts.ts';
import { buildPages, type PagesServer, servePages } from '../testing/serve-pages.ts';
import { shopRows } from '../testing/shop-rows.ts';
import { exampleGroups } from './examples.ts';
import { lakeRelations } from './lake-relations.ts';
import type { TaphouseSql } from './taphouse-sql.ts';

const testAt = Date.UTC(2026, 10, 23, 18);

/** One page for most of the tests, for it takes seconds to start a database; each test opens tabs of its own. */
let browser: Browser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let lake: string;
let bigLake: string;
let empty: string;
let server: PagesServer;
let context: BrowserContext;
let page: Page;
const faults: string[] = [];
const hosts = new Set<string>();
const folders: string[] = [];

beforeAll(async () => {
  [browser, pages] = await Promise.all([openChromium(), buildPages()]);
  [lake, bigLake, empty] = [await folder('lake'), await folder('big'), await folder('empty')];
  const rows = shopRows({ rows: 3000, untilAt: Date.now(), spanMs: 48 * 3_600_000 });
  await makeLake({ folder: lake, rows, events: clicks(2000), commits: 2 });
  await makeLake({ folder: bigLake, rows: shopRows({ rows: 60_000, untilAt: testAt, spanMs: 36_000_000 }) });
  context = await browser.newContext({ viewport: { width: 1280, height: 860 }, acceptDownloads: true });
  server = await servePages({ pages: pages.folder, lake });
  page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('response', (response) => hosts.add(new URL(response.url()).origin));
  await open(`${server.origin}/sql/#sql=${encodeURIComponent("SELECT 'a+b' AS linked")}`);
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await pages.remove();
  await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })));
});
beforeEach(() => {
  faults.length = 0;
});

async function folder(name: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `taphouse-sql-${name}-`));
  folders.push(path);
  return path;
}

/** Another lake on a page of its own, which takes the place of the shared one while `task` runs. */
async function onLake(path: string, task: (own: PagesServer) => Promise<void>): Promise<void> {
  const own = await servePages({ pages: pages.folder, lake: path });
  const shared = page;
  page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
  try {
    await open(`${own.origin}/sql/`);
    await task(own);
  } finally {
    await page.context().close();
    page = shared;
    await own.close();
  }
}

function clicks(count: number): ClickEvent[] {
  return Array.from({ length: count }, (_, index) =>
    click({
      event_id: `sqlpage-${String(index).padStart(6, '0')}`,
      user_id: String(50 + (index % 20)),
      client_event: index % 7 === 0 ? 'beer_checkout' : 'beer_products',
      client_timestamp: testAt - index * 30_000,
      page_title: hostileTexts[index] ?? `Beer ${index % 9}`,
      properties: { beer: `ale ${index % 5}` },
    }),
  );
}

async function open(url: string): Promise<void> {
  await page.goto(url);
  await page.locator('.run:enabled').waitFor();
}

/** The page offers round limits only. */
async function limitBytes(maxBytes: number): Promise<void> {
  await page.locator('taphouse-sql').evaluate((element, bytes) => {
    const sql = element as TaphouseSql;
    sql.settings = { ...sql.settings, maxBytes: bytes };
  }, maxBytes);
}

async function run(sql: string): Promise<void> {
  await page.getByLabel('New query').click();
  await page.keyboard.insertText(sql);
  await page.keyboard.press('Control+Enter');
}

/** Runs a query and gives the rows on screen, as text. */
async function rowsOf(sql: string): Promise<string[][]> {
  await run(sql);
  await page.locator('.facts').waitFor();
  const cells = page.locator('[role=gridcell]');
  await expect.poll(async () => (await cells.allTextContents()).some(Boolean)).toBe(true);
  return page
    .locator('.body [role=row]')
    .evaluateAll((found) =>
      found.map((row) => Array.from(row.querySelectorAll('[role=gridcell]'), (cell) => cell.textContent ?? '')),
    );
}

async function fact(name: string): Promise<{ value: string; about: string }> {
  const found = page.locator('.facts dl > div').filter({ has: page.locator('dt', { hasText: name }) });
  return { value: await found.locator('dd').innerText(), about: (await found.getAttribute('title')) ?? '' };
}

async function downloaded(button: string): Promise<Buffer> {
  const [download] = await Promise.all<Download | void>([
    page.waitForEvent('download'),
    page.getByRole('button', { name: `Download ${button}` }).click(),
  ]);
  return readFile(await (download as Download).path());
}

const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'aggregated/manifest.json'), 'utf8')) as Manifest;
const lakeSize = ({ files }: Manifest): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Bytes of Parquet that a server has sent. */
const lakeBytes = ({ requests }: PagesServer): number =>
  requests.filter(({ path }) => path.endsWith('.parquet')).reduce((sum, { bytes }) => sum + bytes, 0);

describe('the SQL page', () => {
  it('opens a query from a link, and waits to be asked', async () => {
    await page.getByText('Ask the lake').waitFor();
    expect(await page.locator('.cm-content').innerText()).toContain("SELECT 'a+b' AS linked");
    expect(await page.locator('.facts').count()).toBe(0);
    expect(page.url()).toBe(`${server.origin}/sql/`);
    await page.evaluate(() => (location.hash = '#sql=SELECT%202%20AS%20again'));
    await expect.poll(() => page.locator('.now .tab').innerText()).toBe('SELECT 2 AS again');
  });

  it('answers under the strictest policy, and speaks to its own host only', async () => {
    expect(await rowsOf('SELECT count(*) AS n, count(DISTINCT user_id) AS users FROM events')).toEqual([
      ['2000', '20'],
    ]);
    await run("SELECT * FROM read_csv_auto('https://example.com/a.csv')");
    await page.locator('.fault').waitFor();
    expect([...hosts]).toEqual([server.origin]);
    expect(faults.filter((fault) => !fault.includes('example.com'))).toEqual([]);
  });

  it('shows hostile data as text, everywhere', async () => {
    // In the grid, eight at a time for it keeps only what is on screen, and opened from there.
    for (let from = 0; from < hostileTexts.length; from += 8) {
      const some = hostileTexts.slice(from, from + 8);
      const rows = await rowsOf(`SELECT page_title FROM events ORDER BY event_id LIMIT 8 OFFSET ${from}`);
      expect(rows.flat().slice(0, some.length)).toEqual(some);
      for (const [index, text] of some.entries()) {
        await page.locator(`#cell-${index}-0`).dblclick();
        expect(await page.locator('dialog pre').textContent()).toBe(text);
        await page.keyboard.press('Escape');
      }
    }
    // As labels, and as names of columns.
    const few = `FROM events WHERE event_id < 'sqlpage-${String(hostileTexts.length).padStart(6, '0')}'`;
    await rowsOf(`SELECT page_title, count(*) AS "<img src=x onerror=pwned=1>" ${few} GROUP BY 1`);
    await page.getByRole('button', { name: 'Chart' }).click();
    for (const kind of ['Bars', 'Lines', 'Dots', 'Tree map']) {
      await page.getByRole('button', { name: kind }).click();
      await page.locator('taphouse-result-chart svg').first().waitFor();
    }
    await rowsOf(`SELECT ${hostileTexts.map((text, index) => `${index} AS ${quoted(text)}`).join(', ')}`);
    expect(await page.locator('[role=columnheader]').allInnerTexts()).toContainEqual(
      expect.stringContaining('<img src=x onerror=pwned=1>'),
    );
    // As names of what is kept, as a link, as a fault, and as the name of a file.
    await page.locator('aside').getByRole('button', { name: 'Saved' }).click();
    const saved = hostileTexts.map((text) => ({ name: text, sql: `SELECT ${quoted(text)}`, savedAt: 0 }));
    const buffer = Buffer.from(JSON.stringify({ format: 'taphouse-queries', queries: saved }));
    await page.locator('input[accept*=json]').setInputFiles({ name: 'q.json', mimeType: 'application/json', buffer });
    for (const text of hostileTexts.slice(0, 5)) {
      await page.locator('.item').filter({ hasText: text }).first().click();
      await page.locator('.run').click();
      await page.locator('.fault').waitFor();
    }
    await page.evaluate((text) => (location.hash = `#sql=${encodeURIComponent(text)}`), hostileTexts.join('\n'));
    await page.locator('aside').getByRole('button', { name: 'History' }).click();
    const file = join(empty, '<img src=x onerror=pwned=1>.txt');
    await writeFile(file, 'x');
    await dropFiles(page, [file]);
    await page.getByText('<img src=x onerror=pwned=1>.txt: no Parquet').waitFor();
    await rm(file);
    await page.getByRole('button', { name: 'Back to the lake' }).click();
    await page.locator('.run:enabled').waitFor();
    expect(await page.evaluate('typeof pwned')).toBe('undefined');
    expect(await page.locator('img, iframe, a[href^="javascript"], [onerror], [onload]').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('counts the bytes that the server sent', async () => {
    await onLake(bigLake, async (own) => {
      // The first statement also reads footers for its plan and its estimate, which are not its own.
      await rowsOf('SELECT user_id FROM aggregated');
      const before = lakeBytes(own);
      await rowsOf('SELECT row_id, begin_event_id FROM aggregated');
      const sent = lakeBytes(own) - before;
      expect(sent).toBeGreaterThan(50_000);
      expect(sent).toBeLessThan(lakeSize(await manifestOf(bigLake)));
      expect(Number.parseInt((await fact('Fetched')).about, 10)).toBe(sent);
      expect((await fact('Athena')).value).toBe('$0.00005');
    });
  });

  it('fetches under 5 % of the table for two columns of one day of thirty', async () => {
    const month = await folder('month');
    await makeLake({ folder: month, rows: shopRows({ rows: 120_000, untilAt: testAt, spanMs: 30 * 86_400_000 - 1 }) });
    await onLake(month, async (own) => {
      const size = lakeSize(await manifestOf(month));
      for (const where of [
        "timeagg::DATE = '2026-11-12'",
        "beginsession BETWEEN '2026-11-13 01:00' AND '2026-11-13 23:00'",
      ]) {
        const before = lakeBytes(own);
        const sql = `SELECT user_id, events FROM aggregated WHERE ${where}`;
        await rowsOf(sql);
        const rows = await nativeValue(
          sql.replace('user_id, events FROM aggregated', `count(*) FROM '${month}/aggregated/**/*.parquet'`),
        );
        expect(Number((await fact('Rows')).value.replaceAll(/\D/g, ''))).toBe(rows);
        const share = (lakeBytes(own) - before) / size;
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThan(0.05);
      }
    });
  });

  it('stops what is over the byte limit before it starts, and what fetches more all the same', async () => {
    // DuckDB reads ahead: more than the column itself, which is all that the estimate counts.
    const columnBytes = await nativeValue(
      `SELECT sum(total_compressed_size) FROM parquet_metadata('${bigLake}/aggregated/**/*.parquet') WHERE path_in_schema = 'duration_sec'`,
    );
    await onLake(bigLake, async (own) => {
      await limitBytes(columnBytes + 2000);
      await rowsOf('DESCRIBE aggregated');
      await run('SELECT row_id FROM aggregated LIMIT 1');
      await page.getByText('Not run: over the byte limit').waitFor();
      expect(lakeBytes(own)).toBeLessThan(columnBytes);

      const long = 'range(30000) a, range(30000) b WHERE s.duration_sec * a.range * b.range % 7 = 1';
      await run(`SELECT count(*) FROM aggregated s, ${long}`);
      await page.getByRole('heading', { name: 'it fetched more than the byte limit' }).waitFor();
      expect(await page.getByRole('button', { name: 'Run it without a limit' }).count()).toBe(1);

      await run('SELECT row_id FROM aggregated LIMIT 1');
      await page.getByRole('button', { name: 'Run it anyway' }).click();
      await page.locator('.facts').waitFor();
      expect((await fact('Rows')).value).toBe('1');
    });
  });

  it('shows the statement and the place of a fault', async () => {
    await run('SELECT 1;\nSELECT user_id,\n  nope\nFROM sessions');
    const fault = page.locator('.fault');
    await fault.waitFor();
    expect(await fault.locator('mark').textContent()).toBe('nope');
    await page.getByRole('button', { name: 'Go to line 2, column 3' }).click();
    expect(await page.locator('.cm-fault').textContent()).toBe('nope');
    expect(await page.locator('.cm-activeLine').textContent()).toContain('nope');
  });

  it('tells a fault that DuckDB-WASM would lose behind the rows before it', async () => {
    await run("SELECT CASE WHEN range = 500000 THEN error('late') ELSE range END FROM range(1000000)");
    await page.locator('.fault').waitFor();
    expect(await page.locator('.fault strong').textContent()).toContain('late');
  });

  it('tells of a file that is gone, and shows no part of the rows', async () => {
    const broken = await folder('gone');
    await makeLake({ folder: broken, events: clicks(3000), commits: 3 });
    await onLake(broken, async () => {
      const files = (await readdir(broken, { recursive: true })).filter((name) => name.endsWith('.parquet'));
      await rm(join(broken, files.toSorted().at(-1) ?? ''));
      await run('SELECT event_id FROM rawdata');
      await page.locator('.fault').waitFor();
      expect(await page.locator('.facts').count()).toBe(0);
    });
  });

  it('opens files that are dropped on it, or chosen, and says what is wrong with others', async () => {
    const [[rows]] = (await nativeRows(`SELECT count(*) FROM '${bigLake}/aggregated/**/*.parquet'`)) as [[string]];
    const before = await rowsOf('SELECT count(*) AS n FROM aggregated');
    await page.locator('aside').getByRole('button', { name: 'Lake', exact: true }).click();
    await dropFiles(page, [join(bigLake, 'aggregated')]);
    await page.getByText('These are your files').waitFor();
    await page.locator('.run:enabled').waitFor();
    expect(await rowsOf('SELECT count(*) AS n FROM aggregated')).toEqual([[rows]]);
    await page.getByRole('button', { name: 'Back to the lake' }).click();
    await page.locator('.run:enabled').waitFor();
    expect(await rowsOf('SELECT count(*) AS n FROM aggregated')).toEqual(before);
    const [chosen = ''] = (await readdir(bigLake, { recursive: true })).filter((name) =>
      /aggregated.*parquet$/.test(name),
    );
    await page.getByLabel('Parquet files').setInputFiles(join(bigLake, chosen));
    await page.getByText('These are your files').waitFor();
    await page.locator('.run:enabled').waitFor();
    const [[some]] = (await nativeRows(`SELECT count(*) FROM '${join(bigLake, chosen)}'`)) as [[string]];
    expect(await rowsOf('SELECT count(*) AS n FROM aggregated')).toEqual([[some]]);
    await dropFiles(page, [join(pages.folder, 'sql/index.html')]);
    await page.getByText('index.html: no Parquet').waitFor();
    await page.locator('.panel').getByRole('button', { name: 'Back to the lake' }).click();
    await page.locator('.run:enabled').waitFor();
    expect(await rowsOf('SELECT count(*) AS n FROM aggregated')).toEqual(before);
  });

  it('refuses what could write or reach elsewhere', async () => {
    for (const sql of ["COPY sessions TO 'x.csv'", 'INSTALL httpfs', "ATTACH 'x.db'"]) {
      await run(sql);
      await page.locator('.fault').waitFor();
      expect(await page.locator('.fault strong').innerText()).toContain('not run');
      await page
        .getByLabel(/^Close/)
        .last()
        .click();
    }
  });

  it('stops a statement with its worker, and runs the next one', async () => {
    await rowsOf('SELECT 1 AS one');
    await run('SELECT count(*) FROM range(300000) a, range(300000) b WHERE a.range * b.range % 7 = 1');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: 'Stopped' }).waitFor();
    expect(await rowsOf('SELECT 41 + 1 AS answer')).toEqual([['42']]);
    // However early it comes, the stop holds.
    await page.getByLabel('New query').click();
    await page.keyboard.insertText(
      'SELECT count(*) FROM range(300000) a, range(300000) b WHERE a.range * b.range % 7 = 2',
    );
    await page.locator('taphouse-sql').evaluate(async (element) => {
      const find = (name: string): HTMLElement | null => element.shadowRoot?.querySelector(name) ?? null;
      find('.run')?.click();
      while (!find('.stop')) await new Promise((done) => setTimeout(done, 0));
      find('.stop')?.click();
    });
    await page.getByRole('heading', { name: 'Stopped' }).waitFor();
    expect(await rowsOf('SELECT 42 + 1 AS answer')).toEqual([['43']]);
    await page.locator('.tab', { hasText: 'SELECT 1 AS one' }).click();
    await page.getByRole('heading', { name: 'The rows are gone' }).waitFor();
  });

  it('keeps only the rows on screen in the page, sorts them all, and copies', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
    await rowsOf("SELECT range AS n, '-' || (range % 100) AS t FROM range(200000)");
    expect(await page.locator('.body [role=row]').count()).toBeLessThan(60);
    await page.locator('[role=columnheader]', { hasText: 'n' }).first().click();
    await page.locator('[role=columnheader]', { hasText: 'n' }).first().click();
    await expect.poll(() => page.locator('#cell-0-0').textContent()).toBe('199999');
    await page.locator('[role=grid]').focus();
    await page.keyboard.press('Control+End');
    await expect.poll(() => page.locator('#cell-199999-0').textContent()).toBe('0');
    await page.keyboard.press('Shift+ArrowUp');
    await page.locator('.sums', { hasText: '2 cells' }).waitFor({ state: 'hidden' });
    await page.keyboard.press('Shift+ArrowLeft');
    await page.locator('.sums', { hasText: '4 cells · sum 1 · mean 0.5 · from 0 to 1' }).waitFor();
    await page.keyboard.press('Control+c');
    await page.locator('.notice', { hasText: '2 rows copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("n\tt\n1\t'-1\n0\t'-0\n");
  });

  it('draws the last of a million rows as the first ones, and makes room for longer cells', async () => {
    await rowsOf("SELECT 'the same in each row' AS t, range * 1000 AS n, 1 AS one FROM range(1000000)");
    const column = async (from: number): Promise<Buffer> => {
      await page.locator(`#cell-${from}-0`, { hasText: 'the same' }).waitFor();
      const box = (await page.locator(`#cell-${from}-0`).boundingBox())!;
      return page.screenshot({ clip: { x: box.x, y: Math.round(box.y), width: box.width, height: 5 * box.height } });
    };
    const first = await column(0);
    await page.locator('[role=grid]').evaluate((grid) => (grid.scrollTop = 30 * 999_000));
    expect((await column(999_000)).equals(first)).toBe(true);
    const wide = await page.locator('#cell-999000-1').evaluate((cell) => cell.scrollWidth <= cell.clientWidth);
    expect(wide).toBe(true);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.locator('.notice', { hasText: '3M cells are too many to copy, at most 2M' }).waitFor();
  });

  it('downloads CSV that no spreadsheet runs, JSON, and Parquet that DuckDB reads', async () => {
    const sql = `SELECT 'x' AS a, -5 AS n, '=1+1' AS f, NULL AS e, MAP {'k': 'v'} AS m, TIMESTAMP '2026-11-23 18:00:00.5' AS t, 9007199254740993 AS big`;
    const more = "SELECT [9007199254740993] AS l, [1.5, 2.25] AS d, 'infinity'::TIMESTAMP AS forever";
    await rowsOf(sql);
    expect((await downloaded('csv')).toString()).toBe(
      "a,n,f,e,m,t,big\r\nx,-5,'=1+1,,{k=v},2026-11-23 18:00:00.5,9007199254740993\r\n",
    );
    expect(JSON.parse((await downloaded('json')).toString())).toEqual([
      { a: 'x', n: -5, f: '=1+1', e: null, m: { k: 'v' }, t: '2026-11-23T18:00:00.5Z', big: '9007199254740993' },
    ]);
    const file = join(empty, 'result.parquet');
    await writeFile(file, await downloaded('parquet'));
    expect(await nativeRows(`SELECT a, n, f, m['k'], t::VARCHAR, big::VARCHAR FROM '${file}'`)).toEqual([
      ['x', -5, '=1+1', 'v', '2026-11-23 18:00:00.5', '9007199254740993'],
    ]);
    await rm(file);
    await rowsOf(more);
    expect(JSON.parse((await downloaded('json')).toString())).toEqual([
      { l: ['9007199254740993'], d: [1.5, 2.25], forever: 'infinity' },
    ]);
  });

  it('can be used by the keyboard alone', async () => {
    await page.getByLabel('New query').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.now .tab').innerText()).toBe('Untitled');
    await page.keyboard.type('SELECT range AS n FROM range(30)');
    await page.keyboard.press('Control+Enter');
    await page.locator('.facts').waitFor();
    const focused = (): Promise<string | null> =>
      page.evaluate(() => {
        let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        return at?.getAttribute('role') ?? at?.textContent?.trim() ?? null;
      });
    const walk: (string | null)[] = [];
    for (let step = 0; step < 12 && walk.at(-1) !== 'grid'; step += 1) {
      await page.keyboard.press('Tab');
      walk.push(await focused());
    }
    expect(walk).toEqual(['separator', 'Table', 'Plan', 'Copy', 'CSV', 'JSON', 'Parquet', 'grid']);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.locator('[aria-sort=descending]').waitFor();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('.cell.active').textContent()).toBe('29');
    await page.keyboard.press('Enter');
    expect(await page.locator('dialog pre').textContent()).toBe('29');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('grid');
  });

  it('keeps tabs, history and saved queries over a reload', async () => {
    // In a browser of its own: nothing is kept there yet.
    await onLake(lake, async () => {
      await rowsOf('SELECT 7 AS seven');
      await page.keyboard.press('Control+s');
      await page.getByLabel('Name').fill('Lucky <b>');
      await page.keyboard.press('Enter');
      await page.reload();
      expect(await page.locator('.now .tab').innerText()).toBe('Lucky <b>');
      await page.getByRole('button', { name: 'History' }).click();
      await page.locator('.item', { hasText: 'SELECT 7 AS seven' }).waitFor();
      await page.getByRole('button', { name: 'Saved' }).click();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export' }).click(),
      ]);
      await page.getByRole('button', { name: 'Delete Lucky <b>' }).click();
      await page.getByText('Nothing saved yet').waitFor();
      await page.locator('input[type=file]').setInputFiles(await file.path());
      await page.locator('.item', { hasText: 'Lucky <b>' }).waitFor();
      expect(await page.locator('.item').count()).toBe(1);
    });
  });

  it('completes tables, columns of the tables named, and functions', async () => {
    await page.getByLabel('New query').click();
    await page.keyboard.type('SELECT s.begins', { delay: 5 });
    await page.keyboard.insertText(' FROM sessions s');
    for (let back = 0; back < ' FROM sessions s'.length; back += 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Control+Space');
    await page.locator('.cm-completionLabel', { hasText: 'beginsession' }).waitFor();
    // CodeMirror takes no key in the first 75 ms of a list, lest one choose blindly.
    await page.waitForTimeout(150);
    await page.keyboard.press('Tab');
    await page.keyboard.type(', time_b');
    await page.locator('.cm-completionLabel', { hasText: 'time_bucket' }).waitFor();
    await page.waitForTimeout(150);
    await page.keyboard.press('Tab');
    expect(await page.locator('.cm-content').innerText()).toBe('SELECT s.beginsession, time_bucket() FROM sessions s');
  });

  it('lists the columns that the relations have', async () => {
    for (const { name, call, columns } of lakeRelations) {
      const rows = await rowsOf(`DESCRIBE SELECT * FROM ${call ?? name}`);
      expect([name, rows.map(([column]) => column)]).toEqual([name, columns.map((column) => column.name)]);
    }
  });

  it('runs every example', async () => {
    await page.getByRole('button', { name: 'Examples' }).click();
    for (const { name, sql } of exampleGroups.flatMap(({ examples }) => examples)) {
      await page
        .locator('.item')
        .filter({ has: page.getByText(name, { exact: true }) })
        .click();
      await expect.poll(() => page.locator('.cm-content').innerText()).toContain(sql.split('\n')[0]);
      await page.locator('.facts, .fault').waitFor();
      expect([name, await page.locator('.fault').count()]).toEqual([name, 0]);
    }
    expect(faults).toEqual([]);
  });

  it('says so when the lake is empty, and when it does not answer', async () => {
    await onLake(empty, async (own) => {
      await page.getByText('No session yet').waitFor();
      await page.getByRole('button', { name: /^Run/ }).click();
      await page.locator('.none', { hasText: 'No row' }).waitFor();
      expect(await faultsOf('empty')).toEqual([]);
      await own.close();
      await run('SELECT count(*) FROM sessions');
      await page.getByText('no answer').waitFor();
      expect(await page.locator('.fault').count()).toBe(1);
    });
  });

  it('has no fault that axe can see, by day and by night, on a desk and on a phone', { timeout: 180_000 }, async () => {
    await rowsOf('SELECT user_id, count(*) AS n FROM sessions GROUP BY 1 ORDER BY n DESC');
    for (const view of ['Table', 'Chart', 'Plan']) {
      await page.locator('.facts').getByRole('button', { name: view, exact: true }).click();
      expect(await faultsOf(view.toLowerCase(), { desk: view === 'Plan' })).toEqual([]);
    }
    await run('SELECT 1 AS one;\nSELECT user_id,\n  nope\nFROM sessions');
    await page.locator('.fault').waitFor();
    expect(await faultsOf('fault')).toEqual([]);
    for (const side of ['Examples', 'Saved', 'History', 'Lake']) {
      await page.locator('aside').getByRole('button', { name: side, exact: true }).click();
      await page
        .locator('details')
        .first()
        .evaluateAll(([first]) => first?.setAttribute('open', ''));
      expect(await faultsOf(side.toLowerCase(), { side: true, desk: side !== 'Lake' })).toEqual([]);
    }
    await page.getByRole('button', { name: 'Keys' }).click();
    expect(await faultsOf('keys', { desk: true })).toEqual([]);
    await page.keyboard.press('Escape');
    await limitBytes(1);
    await run('SELECT * FROM aggregated');
    await page.getByText('Not run: over the byte limit').waitFor();
    expect(await faultsOf('over')).toEqual([]);
    await limitBytes(100_000_000);
  });
});

/** What native DuckDB says. */
async function nativeRows(sql: string): Promise<unknown[][]> {
  const native = await (await DuckDBInstance.create()).connect();
  try {
    return (await native.runAndReadAll(sql)).getRowsJson();
  } finally {
    native.closeSync();
  }
}

async function nativeValue(sql: string): Promise<number> {
  return Number((await nativeRows(sql))[0]?.[0]);
}

/** axe runs as a script of the test, which the page's policy does not bind. */
async function axeFaults(): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.flat().join(' > ')} ${node.failureSummary ?? ''}`),
    );
  });
}

/** What axe finds on screen, in both themes and at both widths (or on a desk only); and pictures of it. */
async function faultsOf(name: string, { side = false, desk = false } = {}): Promise<string[]> {
  const found: string[] = [];
  for (const width of desk ? [1280] : [1280, 390]) {
    await page.setViewportSize({ width, height: width > 500 ? 860 : 844 });
    if (side && width < 500) await page.locator('.toggle').click();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // Colours that pass from one theme to the other are neither.
      await page.waitForTimeout(200);
      found.push(...(await axeFaults()).map((fault) => `${width} ${colorScheme}: ${fault}`));
      await picture(`${name}-${width}-${colorScheme}`);
    }
    if (side && width < 500) await page.keyboard.press('Escape');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) found.push(`${width}: the page is ${wide} wide`);
  }
  await page.setViewportSize({ width: 1280, height: 860 });
  return found;
}

/** Pictures for the eye, where `TAPHOUSE_SHOTS` names a folder. */
async function picture(name: string): Promise<void> {
  const shots = process.env.TAPHOUSE_SHOTS;
  if (shots) await page.screenshot({ path: join(shots, `sql-${name}.png`) });
}
