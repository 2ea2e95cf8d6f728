import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CognitoIdentityClient, CreateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { makeLake } from '@taphouse/lake/testing';
import { openChromium } from '@taphouse/test-browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { clicksOf } from '../testing/clicks-of.ts';
import { gateS3, type S3Gate } from '../testing/gate-s3.ts';
import type { Library } from '../testing/library-page/main.ts';
import { buildLibraryPage, type PagesServer, servePages, strictPolicy } from '../testing/serve-pages.ts';
import { shopRows } from '../testing/shop-rows.ts';

declare const taphouse: Library;
declare const lake: Awaited<ReturnType<Library['connect']>>;

/** Set by packages/lake/scripts/test-s3.ts. */
const moto = process.env.TAPHOUSE_TEST_S3;
const region = 'eu-central-1';
const bucket = `pages-${process.pid}`;
const prefix = 'a lake/of (mine)';
const untilAt = Date.UTC(2026, 10, 23, 23);
const rows = shopRows({ rows: 20_000, untilAt, spanMs: 4 * 86_400_000 });
const events = clicksOf(rows.slice(0, 500));

const ask = (page: Page, sql: string): Promise<unknown> => page.evaluate((text) => lake.query(text), sql);

describe.skipIf(!moto)('a lake in S3, with keys of an identity pool', () => {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof buildLibraryPage>>;
  let folder: string;
  let gate: S3Gate;
  let server: PagesServer;
  let identityPoolId: string;
  let s3: S3Client;

  beforeAll(async () => {
    [browser, built, folder, gate] = await Promise.all([
      openChromium(),
      buildLibraryPage(),
      mkdtemp(join(tmpdir(), 'taphouse-s3-')),
      gateS3(moto ?? ''),
    ]);
    await makeLake({ folder, rows, events });
    const client = { endpoint: moto ?? '', region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    s3 = new S3Client({ ...client, forcePathStyle: true });
    await s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    await upload();
    const cognito = new CognitoIdentityClient(client);
    const pool = { IdentityPoolName: 'pages', AllowUnauthenticatedIdentities: true };
    identityPoolId = (await cognito.send(new CreateIdentityPoolCommand(pool))).IdentityPoolId ?? '';
    cognito.destroy();
    const policy = strictPolicy.replace("connect-src 'self'", `connect-src 'self' ${gate.endpoint}`);
    server = await servePages({ pages: built.folder, lake: folder, policy });
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([server.close(), gate.close(), built.remove(), rm(folder, { recursive: true })]);
    s3.destroy();
  });
  beforeEach(() => {
    gate.requests.length = 0;
    gate.issued.length = 0;
    gate.lifeMs = 3_600_000;
  });

  async function upload(): Promise<void> {
    for (const path of await readdir(folder, { recursive: true })) {
      if (!/\.(parquet|json)$/.test(path) || path.startsWith('.')) continue;
      const object = { Bucket: bucket, Key: `${prefix}/${path}`, Body: await readFile(join(folder, path)) };
      await s3.send(new PutObjectCommand(object));
    }
  }

  async function openPage(): Promise<{ page: Page; faults: string[] }> {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(server.origin);
    await page.waitForFunction('globalThis.taphouse');
    return { page, faults };
  }

  /** A page on which `lake` is the lake in S3. */
  async function openLake(change: { lake?: string; identityPoolId?: string } = {}): Promise<Page> {
    const { page } = await openPage();
    const options = { lake: `s3://${bucket}/${prefix}`, identityPoolId, endpoint: gate.endpoint, ...change };
    await page.evaluate(async ({ lake: address, identityPoolId, endpoint }) => {
      const credentials = { identityPoolId, endpoint };
      Object.assign(globalThis, { lake: await taphouse.connect({ lake: address, endpoint, credentials }) });
    }, options);
    return page;
  }

  const files = (): typeof gate.requests => gate.requests.filter(({ path }) => path.endsWith('.parquet'));
  const ofTable = (name: string): typeof gate.requests => files().filter(({ path }) => path.includes(`/${name}/`));
  const lengths = 'SELECT count(*)::INTEGER AS n, sum(length(row_id))::INTEGER AS length FROM aggregated';
  const expected = [{ n: rows.length, length: rows.reduce((sum, row) => sum + row.row_id.length, 0) }];

  it('is read by ranges, each signed, and without a preflight', async () => {
    const page = await openLake();
    expect(await ask(page, lengths)).toEqual(expected);
    expect(await ask(page, 'SELECT count(*)::INTEGER AS n FROM events')).toEqual([{ n: events.length }]);
    const asked = files();
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([206]));
    expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(gate.requests.filter(({ status }) => status === 403)).toEqual([]);
    expect(gate.issued).toHaveLength(1);
    await page.close();
  });

  it('opens the files of the time asked for only', async () => {
    const page = await openLake();
    gate.requests.length = 0;
    const sql = "SELECT count(*)::INTEGER AS n FROM aggregated WHERE timeagg::DATE = '2026-11-22'";
    const onDay = rows.filter(({ timeagg }) => new Date(timeagg).toISOString().startsWith('2026-11-22'));
    expect(await ask(page, sql)).toEqual([{ n: onDay.length }]);
    expect(new Set(ofTable('aggregated').map(({ path }) => /day=\d+/.exec(path)?.[0]))).toEqual(new Set(['day=22']));
    // The first statement makes the views, for which DuckDB reads the footer of one file of the other table.
    expect(new Set(ofTable('rawdata').map(({ path }) => path)).size).toBeLessThanOrEqual(1);
    await page.close();
  });

  it('is listed where there is no manifest, and its files are chosen by the days in their names', async () => {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}/aggregated/manifest.json` }));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/aggregated/_temporary/x.crc`, Body: 'x' }));
    try {
      const page = await openLake();
      expect(await ask(page, lengths)).toEqual(expected);
      gate.requests.length = 0;
      await ask(page, "SELECT max(user_id) FROM sessions WHERE beginsession::DATE = '2026-11-21'");
      // Without a manifest the step is not known, but is a day at most.
      expect(new Set(files().map(({ path }) => /day=\d+/.exec(path)?.[0]))).toEqual(new Set(['day=20', 'day=21']));
      expect(await page.evaluate(() => lake.refresh())).toBe(false);
      await page.close();
    } finally {
      await upload();
    }
  });

  it('gets new keys before the old ones expire, and those never work again', async () => {
    gate.lifeMs = 6000;
    const page = await openLake();
    expect(await ask(page, 'SELECT max(user_id) AS u FROM aggregated')).toHaveLength(1);
    expect(gate.issued).toHaveLength(1);
    await page.waitForTimeout(4000);
    gate.lifeMs = 3_600_000;
    expect(await ask(page, lengths)).toEqual(expected);
    expect(gate.issued).toHaveLength(2);
    expect(gate.requests.filter(({ status }) => status === 403)).toEqual([]);
    await page.close();
  });

  it('keeps keys in memory only, and out of errors', async () => {
    const page = await openLake();
    const [said, kept] = await page.evaluate(async () => {
      const error = await lake.query("SELECT error('x') FROM aggregated").then(String, String);
      const kept = [localStorage.length, sessionStorage.length, document.cookie, await indexedDB.databases()];
      return [error, JSON.stringify([...kept, await caches.keys()])] as const;
    });
    expect(kept).toBe('[0,0,"",[],[]]');
    // A file that goes is told by its name, without the signature in its address.
    const [file = ''] = (await readdir(folder, { recursive: true })).filter((path) =>
      /aggregated.*parquet$/.test(path),
    );
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}/${file}` }));
    const gone = await page.evaluate(() => lake.query('SELECT * FROM aggregated').then(String, String));
    await upload();
    expect(gone).toMatch(/404/);
    for (const text of [said, gone]) expect(text).not.toMatch(/X-Amz|ASIA|token\//);
    await page.close();
  });

  it('says what to mend', async () => {
    await expect(openLake({ lake: `s3://${bucket}-not/` })).rejects.toThrow(
      /neither \w+\/manifest.json nor a listing \(.*404.*\); check the bucket's name/,
    );
    await expect(openLake({ identityPoolId: `${region}:not-there` })).rejects.toThrow(
      /identity pool eu-central-1:not-there: gave no keys/,
    );
    await expect(openLake({ identityPoolId: 'pool' })).rejects.toThrow(/identityPoolId: pool; give it as the console/);
    await expect(openLake({ lake: 's3://' })).rejects.toThrow('give s3://bucket/prefix/');
  });

  it('costs a page without S3 nothing', async () => {
    const { page, faults } = await openPage();
    const scripts: string[] = [];
    page.on('response', (response) => scripts.push(response.url()));
    await page.reload();
    await page.waitForFunction('globalThis.taphouse');
    const n = await page.evaluate(async () => {
      const own = await taphouse.connect({ lake: '/lake/' });
      return (await own.query<{ n: number }>('SELECT count(*) AS n FROM aggregated'))[0]?.n;
    });
    expect(n).toBe(rows.length);
    const bodies = await readdir(join(built.folder, 'assets'));
    const withSdk: string[] = [];
    for (const name of bodies.filter((each) => each.endsWith('.js'))) {
      if ((await readFile(join(built.folder, 'assets', name), 'utf8')).includes('GetCredentialsForIdentity'))
        withSdk.push(name);
    }
    expect(withSdk.length).toBeGreaterThan(0);
    expect(scripts.filter((url) => withSdk.some((name) => name.includes('cognito') && url.endsWith(name)))).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });
});
