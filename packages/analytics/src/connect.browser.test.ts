import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';
import { openLake } from '@taphouse/lake/files';
import { makeLake } from '@taphouse/lake/testing';
import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clicksOf } from './testing/clicks-of.ts';
import { dropFiles } from './testing/drop-files.ts';
import { hostileTexts } from './testing/hostile-texts.ts';
import type { Library } from './testing/library-page/main.ts';
import { buildLibraryPage, type PagesServer, servePages } from './testing/serve-pages.ts';
import { shopRows } from './testing/shop-rows.ts';

declare const taphouse: Library;
/** What the tests keep on the page between two calls. */
declare const lake: Awaited<ReturnType<Library['connect']>>;

const untilAt = Date.UTC(2026, 10, 23, 23, 59);
const dayMs = 86_400_000;

const rows = shopRows({ rows: 120_000, untilAt, spanMs: 30 * dayMs - 1 });
const events = clicksOf(rows.slice(0, 2000));

let browser: Browser;
let built: Awaited<ReturnType<typeof buildLibraryPage>>;
let folder: string;
let server: PagesServer;
let page: Page;

beforeAll(async () => {
  [browser, built, folder] = await Promise.all([
    openChromium(),
    buildLibraryPage(),
    mkdtemp(join(tmpdir(), 'taphouse-connect-')),
  ]);
  await makeLake({ folder, rows, events });
  server = await servePages({ pages: built.folder, lake: folder });
  page = await openPage(server);
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await built.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A page on which `lake` is connected. */
async function openPage({ origin }: PagesServer): Promise<Page> {
  const opened = await browser.newPage();
  await opened.goto(origin);
  await opened.waitForFunction('globalThis.taphouse');
  await opened.evaluate(async () => {
    const heard = { bytes: 0, recycled: 0 };
    const lake = await taphouse.connect({
      lake: '/lake/',
      onFetched: ({ bytes }) => (heard.bytes = bytes),
      onRecycled: () => (heard.recycled += 1),
    });
    Object.assign(globalThis, { lake, heard });
  });
  return opened;
}

/** The rows of a statement, or what was thrown. */
function query(sql: string, values: readonly (string | number)[] = []): Promise<unknown> {
  return page.evaluate(
    async ([sql, values]) => {
      try {
        return await lake.query(sql, values);
      } catch (error) {
        const { name, message } = error as Error;
        return { name, message, sql: (error as { sql?: string }).sql };
      }
    },
    [sql, values] as const,
  );
}

/** Bytes of Parquet that a server has sent. */
const lakeBytes = ({ requests }: PagesServer): number =>
  requests.filter(({ path }) => path.endsWith('.parquet')).reduce((sum, { bytes }) => sum + bytes, 0);

async function native(sql: string): Promise<unknown[][]> {
  const database = await (await DuckDBInstance.create()).connect();
  try {
    return (await database.runAndReadAll(sql.replaceAll('LAKE', folder))).getRowsJson();
  } finally {
    database.closeSync();
  }
}

/** Drops files of the test's machine on the page, and gives what the library makes of them. */
async function drop(paths: string[]): Promise<string> {
  await page.evaluate(() => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const look = async (files: Parameters<Parameters<Library['listenForDrop']>[1]['dropped']>[0]): Promise<string> => {
      const own = await taphouse.connect({ files });
      const [counts] = await own.query(
        'SELECT (SELECT count(*) FROM rawdata)::INTEGER AS events, (SELECT count(*) FROM aggregated)::INTEGER AS rows',
      );
      const day = await own.narrow("SELECT 1 FROM aggregated WHERE timeagg::DATE = '2026-11-22'");
      await own.close();
      return JSON.stringify({ ...counts, files: day.aggregated.length });
    };
    const end = taphouse.listenForDrop(globalThis, {
      dropped: (files) => {
        end();
        look(files).catch(String).then(resolve, String);
      },
    });
    Object.assign(globalThis, { told: promise });
  });
  await dropFiles(page, paths);
  return page.evaluate('told');
}

/** A file of the lake, of a table and a day such as `day=22`. */
async function fileOf(table: string, day: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const start = `${table}/year=2026/month=11/${day}`;
  return join(folder, names.find((name) => name.startsWith(start) && name.endsWith('.parquet')) ?? '');
}

/** Bytes of the columns of `aggregated`, in all files. */
async function total(): Promise<number> {
  const [[bytes]] = (await native(
    "SELECT sum(total_compressed_size) FROM parquet_metadata('LAKE/aggregated/**/*.parquet')",
  )) as [[string]];
  return Number(bytes);
}

describe('query', () => {
  it.each([
    "SELECT 'abc'::INT AS n",
    "SELECT CASE WHEN range = 500000 THEN error('late') ELSE range END AS n FROM range(1000000)",
    "PIVOT (SELECT range % 3 AS k, CASE WHEN range = 5000 THEN error('late') ELSE 1 END AS v FROM range(9000)) ON k USING sum(v)",
  ])('tells an error raised while rows stream: %s', async (sql) => {
    expect(await query(sql)).toEqual({
      name: 'QueryError',
      message: expect.stringMatching(/late|Could not convert string 'abc'/),
      sql,
    });
  });

  it('tells it with values bound, too', async () => {
    expect(await query('SELECT CAST(? AS INTEGER) AS n', ['abc'])).toMatchObject({
      message: expect.stringContaining("Could not convert string 'abc' to INT32"),
    });
    expect(await query('SELECT CAST(? AS INTEGER) AS n', ['12'])).toEqual([{ n: 12 }]);
  });

  it('takes one statement, PIVOT included', async () => {
    expect(await query('PIVOT (SELECT range % 2 AS k, range AS v FROM range(10)) ON k USING sum(v)')).toEqual([
      { 0: 20, 1: 25 },
    ]);
    expect(await query('SELECT 1; SELECT 2')).toMatchObject({ message: expect.stringContaining('single statement') });
    expect(await query('SELECT 1 AS n; -- no more')).toEqual([{ n: 1 }]);
  });

  it('gives typed rows', async () => {
    const sql = `SELECT 1::BIGINT AS n, 9007199254740993::BIGINT AS big, 1.5::DECIMAL(9, 2) AS d, true AS yes, NULL AS none,
      TIMESTAMP '2026-11-23 18:00:00.123' AS t, DATE '2026-11-23' AS day, [1, NULL] AS list, MAP {'k': 'v'} AS m, {'a': 1} AS s`;
    const typed = await page.evaluate(async (sql) => {
      const [row] = await lake.query<Record<string, number | null>>(sql);
      return Object.entries(row ?? {}).map(([name, value]) => [name, value?.constructor.name ?? null, String(value)]);
    }, sql);
    expect(typed).toEqual([
      ['n', 'Number', '1'],
      ['big', 'BigInt', '9007199254740993'],
      ['d', 'Number', '1.5'],
      ['yes', 'Boolean', 'true'],
      ['none', null, 'null'],
      ['t', 'Date', expect.stringContaining('2026')],
      ['day', 'Date', expect.stringContaining('2026')],
      ['list', 'Array', '1,'],
      ['m', 'Object', '[object Object]'],
      ['s', 'Object', '[object Object]'],
    ]);
  });

  it('gives decimals, sums and intervals as they are, within lists, maps and structs too', async () => {
    const sql = `SELECT [1.5, 2.25] AS l, {'a': 1.5, 'interval': 2} AS s, MAP {'k': 1.5} AS m, INTERVAL 90 minutes AS i,
      (SELECT list(n) FROM (SELECT sum(range) AS n FROM range(10))) AS sums; -- ends here`;
    expect(await query(sql)).toEqual([
      { l: [1.5, 2.25], s: { a: 1.5, interval: 2 }, m: { k: 1.5 }, i: '01:30:00', sums: [45] },
    ]);
    expect(await query('SELECT [?::DECIMAL(4, 2)] AS l ORDER BY 1', ['1.25'])).toEqual([{ l: [1.25] }]);
    expect(await query('SELECT [0.5::DOUBLE] AS l')).toEqual([{ l: [0.5] }]);
  });

  it('binds hostile values, and gives them back as they are', async () => {
    const before = await query('SELECT count(*) AS n FROM sessions');
    for (const text of hostileTexts) expect(await query('SELECT ? AS text', [text])).toEqual([{ text }]);
    expect(await query('SELECT count(*) AS n FROM sessions WHERE user_id = ?', ["' OR '1'='1"])).toEqual([{ n: 0 }]);
    expect(await query('SELECT count(*) AS n FROM sessions')).toEqual(before);
  });
});

describe('cancel', () => {
  it('ends the worker of the statement under way, and the next one is answered', async () => {
    const told = await page.evaluate(async () => {
      const stop = new AbortController();
      const { heard } = globalThis as unknown as { heard: { recycled: number } };
      const before = heard.recycled;
      const [long, next] = [
        lake.query('SELECT count(*) FROM range(300000) a, range(300000) b WHERE a.range * b.range % 7 = 1', [], stop),
        lake.query<{ n: number }>('SELECT count(*) AS n FROM sessions'),
      ];
      await new Promise((done) => setTimeout(done, 300));
      const stoppedAt = performance.now();
      stop.abort(new Error('enough'));
      const reason = await long.catch((error: unknown) => String(error));
      const tookMs = performance.now() - stoppedAt;
      return { reason, tookMs, recycled: heard.recycled - before, n: (await next)[0]?.n };
    });
    expect(told).toMatchObject({ reason: 'Error: enough', recycled: 1 });
    // The statement itself would take minutes.
    expect(told.tookMs).toBeLessThan(20_000);
    const [[sessions]] = (await native(
      "SELECT count(DISTINCT (user_id, device_id, timeagg)) FROM 'LAKE/aggregated/**/*.parquet'",
    )) as [[string]];
    expect(told.n).toBe(Number(sessions));
  });

  it('of a statement that waits for a new worker leaves the page alive', async () => {
    const own = await openPage(server);
    const answer = await own.evaluate(async () => {
      const stops = [new AbortController(), new AbortController()] as const;
      const long = 'SELECT count(*) FROM range(100000) a, range(1000000) b WHERE a.range * b.range = 7';
      const stopped = lake.query(long, [], { signal: stops[0].signal }).catch(() => {});
      await new Promise((wake) => setTimeout(wake, 500));
      stops[0].abort();
      await stopped;
      const waiting = lake.query('SELECT 2 AS n', [], { signal: stops[1].signal }).catch(() => {});
      await new Promise((wake) => setTimeout(wake, 50));
      stops[1].abort();
      await waiting;
      return lake.query<{ n: number }>('SELECT 3 AS n');
    });
    expect(answer).toEqual([{ n: 3 }]);
    await own.close();
  });

  it('comes with the end of the connection', async () => {
    const told = await page.evaluate(async () => {
      const own = await taphouse.connect({ lake: '/lake/' });
      const long = own.query('SELECT count(*) FROM range(300000) a, range(300000) b WHERE a.range * b.range % 7 = 1');
      const waits = own.query('SELECT 1');
      setTimeout(() => void own.close(), 200);
      return Promise.all([long.catch(String), waits.catch(String), own.query('SELECT 2').catch(String)]);
    });
    expect(new Set(told)).toEqual(new Set(['ConnectError: lake: closed; open it again with connect()']));
  });

  it('takes a statement that waits off the list, and leaves the worker', async () => {
    const told = await page.evaluate(async () => {
      const stop = new AbortController();
      const { heard } = globalThis as unknown as { heard: { recycled: number } };
      const before = heard.recycled;
      const first = lake.query('SELECT count(*) AS n FROM range(30000000)');
      const second = lake.query('SELECT 2', [], stop);
      stop.abort(new Error('enough'));
      return [await second.catch(String), await first, heard.recycled - before];
    });
    expect(told).toEqual(['Error: enough', [{ n: 30_000_000 }], 0]);
  });
});

describe('bytes fetched', () => {
  it.each([
    "SELECT user_id, events FROM aggregated WHERE timeagg >= TIMESTAMP '2026-11-10' AND timeagg < TIMESTAMP '2026-11-11'",
    "SELECT user_id, events FROM aggregated WHERE timeagg::DATE = DATE '2026-11-11'",
    "SELECT user_id, duration_sec FROM sessions WHERE beginsession BETWEEN '2026-11-12 01:00' AND '2026-11-12 23:00'",
  ])('of two columns of one day of thirty are a twentieth at most: %s', async (sql) => {
    const fresh = await openPage(server);
    try {
      const before = lakeBytes(server);
      const rows = await fresh.evaluate(async (text) => (await lake.query(text)).length, sql);
      const sent = lakeBytes(server) - before;
      const share = sent / (await total());
      expect(share).toBeLessThan(0.05);
      expect(sent).toBeGreaterThan(0);
      const [[expected]] = (await native(
        `WITH aggregated AS (FROM 'LAKE/aggregated/**/*.parquet'), sessions AS (
           SELECT user_id, device_id, timeagg, min(beginsession) AS beginsession, 1 AS duration_sec FROM aggregated GROUP BY ALL)
         SELECT count(*) FROM (${sql})`,
      )) as [[string]];
      expect(rows).toBe(Number(expected));
    } finally {
      await fresh.close();
    }
  });

  it('are told as they come', async () => {
    const fresh = await openPage(server);
    try {
      const { bytes: first } = await fresh.evaluate(() => lake.fetched());
      const before = lakeBytes(server);
      await fresh.evaluate(() => lake.query('SELECT sum(duration_sec) FROM aggregated'));
      const { bytes } = await fresh.evaluate(() => lake.fetched());
      expect(lakeBytes(server) - before).toBeGreaterThan(100_000);
      expect(bytes - first).toBe(lakeBytes(server) - before);
      expect(await fresh.evaluate('heard.bytes')).toBe(bytes);
    } finally {
      await fresh.close();
    }
  });

  it('of a view of one own see all files', async () => {
    await query('CREATE OR REPLACE VIEW mine AS SELECT * FROM aggregated');
    const seen = await query(
      "SELECT count(*) AS n FROM mine, (SELECT max(events) FROM sessions WHERE timeagg::DATE = '2026-11-12')",
    );
    expect(seen).toEqual([{ n: rows.length }]);
  });
});

describe('files fetched ahead', () => {
  it('come while the database starts, each once and whole', async () => {
    const fresh = await mkdtemp(join(tmpdir(), 'taphouse-ahead-'));
    const few = shopRows({ rows: 600, untilAt, spanMs: 3 * dayMs });
    await makeLake({ folder: fresh, rows: few });
    const own = await servePages({ pages: built.folder, lake: fresh });
    const opened = await browser.newPage();
    const asked = (): string[] => own.requests.filter(({ path }) => path.endsWith('.parquet')).map(({ path }) => path);
    try {
      await opened.goto(own.origin);
      await opened.waitForFunction('globalThis.taphouse');
      const told = await opened.evaluate(async (fromAt) => {
        const lake = await taphouse.connect({ lake: '/lake/', ahead: { aggregated: { fromAt, toAt: Infinity } } });
        Object.assign(globalThis, { lake });
        const files = lake.manifests().aggregated?.files ?? [];
        return { all: files.length, ahead: files.filter(({ maxAt }) => maxAt >= fromAt).map(({ path }) => path) };
      }, untilAt - dayMs);
      expect(told.ahead.length).toBeLessThan(told.all);
      const paths = told.ahead.map((path) => `/lake/aggregated/${path}`).toSorted();
      await expect.poll(() => asked().toSorted()).toEqual(paths);
      const rows = await opened.evaluate(async (fromAt) => {
        const files = lake.manifests().aggregated?.files ?? [];
        const relation = await lake.fetchFiles(
          'aggregated',
          files.filter(({ maxAt }) => maxAt >= fromAt),
        );
        const [row] = await lake.query<{ n: number }>(
          `SELECT count(*) AS n FROM ${relation} WHERE timeagg IS NOT NULL`,
        );
        return row?.n;
      }, untilAt - dayMs);
      const days = new Set(paths.map((path) => /year=(\d+)\/month=(\d+)\/day=(\d+)/.exec(path)?.slice(1).join('-')));
      expect(rows).toBe(few.filter((row) => days.has(new Date(row.timeagg).toISOString().slice(0, 10))).length);
      expect(
        asked()
          .filter((path) => paths.includes(path))
          .toSorted(),
      ).toEqual(paths);
    } finally {
      await opened.close();
      await own.close();
      await rm(fresh, { recursive: true, force: true });
    }
  });

  it('leave the views to who asks them, a task on the database included', async () => {
    const fresh = await openPage(server);
    try {
      expect(await fresh.evaluate(() => lake.fetched())).toEqual({ bytes: 0, requests: 0 });
      const count = await fresh.evaluate(async () => {
        const table = await lake.use((_, session) => session.query('SELECT count(*)::DOUBLE AS n FROM aggregated'));
        return Number(table.getChild('n')?.get(0));
      });
      expect(count).toBe(rows.length);
    } finally {
      await fresh.close();
    }
  });
});

describe('rows that are in no file yet', () => {
  it('come from the live side, count once, and give way to their file', async () => {
    const fresh = await mkdtemp(join(tmpdir(), 'taphouse-live-'));
    const [one, two, three] = shopRows({ rows: 3, untilAt: Date.now(), spanMs: 60_000 });
    if (!one || !two || !three) throw new RangeError('rows: fewer than asked for');
    await makeLake({ folder: fresh, rows: [one] });
    const own = await servePages({ pages: built.folder, lake: fresh });
    const opened = await browser.newPage();
    try {
      await opened.goto(own.origin);
      await opened.waitForFunction('globalThis.taphouse');
      await opened.evaluate(async () => {
        Object.assign(globalThis, { lake: await taphouse.connect({ lake: '/lake/', live: '/v1/live' }) });
      });
      const ask = (relation: string): Promise<unknown> =>
        opened.evaluate((from) => lake.query(`SELECT row_id, events FROM ${from} ORDER BY row_id`), relation);
      const seen = (...rows: (typeof one)[]): unknown[] =>
        rows.map(({ row_id, events }) => ({ row_id, events })).toSorted((a, b) => (a.row_id < b.row_id ? -1 : 1));
      await expect.poll(() => own.listeners()).toBe(1);
      own.say({ event: 'sessions', data: { total: 2, rows: [one, two] } });
      await expect.poll(() => ask('aggregated')).toEqual(seen(one, one, two));
      const sessions = await opened.evaluate(() => lake.query('SELECT sum(events)::INTEGER AS n FROM sessions'));
      expect(sessions).toEqual([{ n: one.events + two.events }]);
      await makeLake({ folder: fresh, rows: [two, three] });
      own.say({ event: 'lake', data: { table: 'aggregated', version: 2 } });
      await expect.poll(() => ask('aggregated')).toEqual(seen(one, two, three));
      // A worker that is replaced has them again.
      own.say({ event: 'sessions', data: { total: 1, rows: [{ ...three, row_id: 'row-live' }] } });
      await expect.poll(() => ask('aggregated')).toHaveLength(4);
      await opened.evaluate(() =>
        lake
          .query('SELECT count(*) FROM range(300000) a, range(300000) b WHERE a.range * b.range % 7 = 1', [], {
            signal: AbortSignal.timeout(100),
          })
          .catch(() => {}),
      );
      expect(await ask('aggregated')).toHaveLength(4);
    } finally {
      await opened.close();
      await own.close();
      await rm(fresh, { recursive: true, force: true });
    }
  });
});

describe('files of the visitor', () => {
  it('are read where they are: the folder of a lake, by its manifest', async () => {
    expect(JSON.parse(await drop([folder]))).toEqual({ events: events.length, rows: rows.length, files: 1 });
  });

  it('are known by their columns, and chosen by their statistics', async () => {
    const alone = await Promise.all([
      fileOf('aggregated', 'day=22'),
      fileOf('aggregated', 'day=21'),
      fileOf('rawdata', 'day=21'),
    ]);
    const [[count]] = (await native(`SELECT count(*) FROM read_parquet(['${alone[0]}', '${alone[1]}'])`)) as [[string]];
    expect(JSON.parse(await drop(alone))).toMatchObject({ rows: Number(count), files: 1 });
    expect(JSON.parse(await drop([join(folder, 'aggregated')]))).toEqual({ events: 0, rows: rows.length, files: 1 });
  });

  it('that are none of a lake are told, each with what is wrong', async () => {
    const other = await mkdtemp(join(tmpdir(), 'taphouse-other-'));
    await writeFile(join(other, 'notes.txt'), 'hello');
    await writeFile(join(other, 'not.parquet'), 'hello, this is no Parquet');
    await native(
      `COPY (SELECT 1 AS user_id, 2 AS events, now() AS timeagg) TO '${other}/lacks.parquet' (FORMAT PARQUET)`,
    );
    await writeFile(join(other, 'broken.parquet'), 'PAR1 and nothing that one could read PAR1');
    const told = async (name: string): Promise<string> => drop([join(other, name)]);
    expect(await told('notes.txt')).toBe(
      'ConnectError: notes.txt: no Parquet; give .parquet files, or the folder of a lake',
    );
    expect(await told('not.parquet')).toMatch(
      /^ConnectError: not.parquet: not Parquet, it begins with "hell" and 25 bytes/,
    );
    expect(await told('lacks.parquet')).toMatch(
      /^ConnectError: lacks.parquet: lacks session_id, device_id, .* of aggregated; give/,
    );
    expect(await told('broken.parquet')).toMatch(/^ConnectError: broken.parquet: cannot be read as Parquet/);
    await rm(other, { recursive: true });
  });
});

describe('files that vanish', () => {
  it('mid-query are found again under their new names', async () => {
    const gone = await mkdtemp(join(tmpdir(), 'taphouse-gone-'));
    const rows = shopRows({ rows: 6000, untilAt, spanMs: 3 * dayMs });
    const user_id = rows[0]?.user_id ?? '';
    await makeLake({ folder: gone, rows });
    let erased: Promise<unknown> | undefined;
    const erase = async (): Promise<void> => {
      const own = await openLake({ folder: gone });
      await own.erase({ userIds: [user_id] });
      await own.close();
    };
    let asked = 0;
    const own = await servePages({
      pages: built.folder,
      lake: gone,
      // The first file is read in part when they all go.
      beforeFile: async () => {
        asked += 1;
        if (asked > 3) await (erased ??= erase());
      },
    });
    const opened = await openPage(own);
    try {
      const sql = 'SELECT count(*)::INTEGER AS n, sum(length(row_id))::INTEGER AS length FROM aggregated';
      const left = rows.filter((row) => row.user_id !== user_id);
      const rowsSeen = await opened.evaluate((text) => lake.query(text), sql);
      expect(erased).toBeDefined();
      expect(rowsSeen).toEqual([{ n: left.length, length: left.reduce((sum, row) => sum + row.row_id.length, 0) }]);
    } finally {
      await opened.close();
      await own.close();
      await rm(gone, { recursive: true, force: true });
    }
  });
});
