import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type KinesisStream, openKinesis } from '@taphouse/streams/kinesis';
import {
  type FaultProxy,
  type LocalKinesis,
  localAccess,
  seededRandom,
  startFaultProxy,
  startKinesis,
} from '@taphouse/streams/kinesis/testing';
import { openChromium } from '@taphouse/test-browser';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type AwsGate, openAwsGate } from './gate-aws.ts';
import { runEngine } from './run-engine.ts';
import { ask, temporaryFolder } from './tap.ts';

const identityPoolId = 'us-east-1:00000000-0000-4000-8000-000000000000';

let browser: Browser;
let kinesis: LocalKinesis;
let proxy: FaultProxy;
let gate: AwsGate;
beforeAll(async () => {
  [browser, kinesis] = await Promise.all([openChromium(), startKinesis()]);
  proxy = await startFaultProxy(kinesis.url, {}, seededRandom(7));
  gate = await openAwsGate(proxy.url, identityPoolId);
});
afterAll(async () => {
  await browser.close();
  gate.close();
  await proxy.stop();
  await kinesis.stop();
});

test('with no collector, each event of a page is in its session once, whatever Kinesis refuses or fails to say', async () => {
  await using folder = await temporaryFolder();
  await using site = await openSite();
  proxy.faults = { throttledRecords: 0.3, lostAnswers: 0.2, failedRequests: 0.1 };
  const page = await site.open('/');
  for (let round = 0; round < 4; round += 1) {
    await page.evaluate('for (let n = 0; n < 5; n += 1) client.track("beer_cart", { n })');
    await page.waitForTimeout(300);
    await page.evaluate('client.flush()');
  }
  await page.goto(`${site.url}/two`);
  proxy.faults = {};
  await delivered(page);

  await runEngine(folder.path, site.stream, 3000, false);
  const sessions = await ask(
    folder.path,
    'SELECT user_id, events::INT AS events, beginnavigation, endnavigation FROM sessions_within(INTERVAL 30 minutes)',
  );
  expect(sessions).toEqual([{ user_id: 'ann', events: 22, beginnavigation: 'page_view', endnavigation: 'page_view' }]);
  const events = await ask(
    folder.path,
    'SELECT DISTINCT user_id, device_type, ip, page_url FROM events ORDER BY page_url',
  );
  expect(events).toEqual(
    ['/', '/two'].map((path) => ({ user_id: 'ann', device_type: 'computer', ip: null, page_url: site.url + path })),
  );
  expect(proxy.traffic.happened.throttledRecords + proxy.traffic.happened.lostAnswers).toBeGreaterThan(0);
  expect(gate.refusals).toEqual([]);
});

test('keys serve until they expire, then new ones are asked for by the same guest', async () => {
  await using site = await openSite();
  const before = gate.issued.length;
  const page = await site.open('/');
  for (let round = 0; round < 3; round += 1) await trackAndFlush(page);
  expect(gate.issued.length - before).toBe(1);
  // AWS's client asks anew five minutes before the end.
  gate.lifeMs = 60_000;
  await page.reload();
  await page.waitForFunction('window.client');
  for (let round = 0; round < 3; round += 1) await trackAndFlush(page);
  gate.lifeMs = 3_600_000;
  expect(gate.issued.length - before).toBeGreaterThan(3);
  await delivered(page);
  expect(gate.refusals).toEqual([]);
});

test('the last click before the visitor leaves the site is handed over', async () => {
  await using folder = await temporaryFolder();
  await using site = await openSite();
  const page = await site.open('/');
  await trackAndFlush(page);
  await page.evaluate("client.track('last'); location = 'about:blank'");
  await page.waitForURL('about:blank');
  await runEngine(folder.path, site.stream, 2500, false);
  expect(await ask(folder.path, "SELECT client_event FROM events WHERE client_event = 'last'")).toHaveLength(1);
});

test('where the pool is none, nothing is lost, and the page is told once', async () => {
  await using site = await openSite('us-east-1:00000000-0000-4000-8000-00000000none');
  const page = await site.open('/');
  await trackAndFlush(page);
  await trackAndFlush(page);
  expect(await page.evaluate('told')).toEqual([expect.stringMatching(/ResourceNotFound/)]);
  expect(await waiting(page)).toBe(3);
  expect(gate.refusals.splice(0)).toContain('ResourceNotFoundException');
});

interface Site {
  url: string;
  stream: KinesisStream;
  /** A tab with `client` on window. */
  open(path: string): Promise<Page>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A site with no collector, and a stream of its own. */
async function openSite(pool = identityPoolId): Promise<Site> {
  const streamName = await kinesis.createStream(2);
  const stream = await openKinesis({ streamName, endpoint: kinesis.url, ...localAccess, pollMs: 10, tickMs: 50 });
  const { server, url } = await serve(await bundle(streamName, pool));
  const context = await browser.newContext();
  return {
    url,
    stream,
    async open(path) {
      const page = await context.newPage();
      await page.goto(url + path);
      await page.waitForFunction('window.client');
      return page;
    },
    async [Symbol.asyncDispose]() {
      await context.close();
      server.closeAllConnections();
      server.close();
      await stream.close();
    },
  };
}

/** As a site with a bundler would have it. */
async function bundle(streamName: string, pool: string): Promise<string> {
  const endpoints = { cognito: gate.url, kinesis: gate.url };
  const options = { region: localAccess.region, identityPoolId: pool, streamName, endpoints };
  const contents = `import { init } from '@taphouse/sdk';
    import { cognitoKinesis } from '@taphouse/sdk/cognito-kinesis';
    window.told = [];
    window.client = init({ userId: 'ann', send: cognitoKinesis(${JSON.stringify(options)}), onError: (line) => told.push(line) });`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
  });
  return outputFiles[0]?.text ?? '';
}

async function serve(script: string): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url }, response) => {
    const isScript = url === '/own.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>Shop</title><script src="/own.js"></script>');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const trackAndFlush = (page: Page): Promise<void> => page.evaluate("client.track('beer_cart'), client.flush()");

/** How many events the device keeps. */
const waiting = (page: Page): Promise<number> =>
  page.evaluate(() => Object.values(localStorage).filter((text) => String(text).includes('"client_event"')).length);

/** What may have been stored already is sent again after 15 s. */
const delivered = (page: Page): Promise<void> => expect.poll(() => waiting(page), { timeout: 60_000 }).toBe(0);
