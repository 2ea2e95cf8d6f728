import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { decodeEvents } from '@taphouse/schema';
import { openChromium } from '@taphouse/test-browser';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Visit, visit } from './testing/visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

/** Bundles a page's own script, as a site with a bundler would. */
async function bundle(contents: string): Promise<string> {
  const resolveDir = fileURLToPath(new URL('.', import.meta.url));
  const stdin = { contents, resolveDir, loader: 'ts' as const };
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0]?.text ?? '';
}

/** A visit to pages that start the SDK by their own script, with `client` on window. */
async function play(script: string, act: (visit: Visit) => Promise<void>): Promise<void> {
  const code = await bundle(script);
  await visit(browser, async (visit) => {
    visit.scene.tag = '';
    visit.scene.scripts['/own.js'] = code;
    visit.scene.head = '<script src="/own.js" defer></script>';
    const open = async (path = '/'): Promise<Page> => {
      const page = await visit.context.newPage();
      await page.goto(visit.scene.url + path);
      await page.waitForFunction('window.client');
      return page;
    };
    await act({ ...visit, open });
  });
}

const flush = (page: Page): Promise<void> => page.evaluate('client.flush()');
const named = async ({ scene }: Visit, name: string): Promise<Record<string, string>[]> =>
  (await scene.stored()).filter((event) => event.client_event === name).map((event) => event.properties);

describe.concurrent('modules', () => {
  test('vitals reports what the page took to show', () =>
    play(
      "import { init } from './index.ts'; import { watchVitals } from './vitals.ts'; const client = init(); watchVitals(client); Object.assign(window, { client })",
      async (visit) => {
        const page = await visit.open();
        await page.waitForTimeout(500);
        await flush(page);
        const vitals = await named(visit, 'web_vital');
        expect(vitals.map(({ name }) => name)).toEqual(expect.arrayContaining(['TTFB', 'FCP']));
        expect(Number(vitals[0]?.value)).toBeGreaterThan(0);
      },
    ));

  test('rage reports a burst of clicks once, a dead control, and no live one', () =>
    play(
      "import { init } from './index.ts'; import { watchRage } from './rage.ts'; const client = init(); watchRage(client, { deadAfterMs: 300 }); Object.assign(window, { client })",
      async (visit) => {
        const page = await visit.open();
        await page.evaluate(
          (html) => document.body.insertAdjacentHTML('beforeend', html),
          '<p id="p">text</p><span role="button" id="dead">x</span><span role="button" id="live" onclick="this.textContent += 1">y</span>',
        );
        await page.click('#p', { clickCount: 5 });
        await page.waitForTimeout(1200);
        await page.click('#live');
        await page.waitForTimeout(400);
        await page.click('#dead');
        await page.waitForTimeout(600);
        await flush(page);
        expect(await named(visit, 'rage_click')).toMatchObject([{ selector: 'p#p', clicks: '3' }]);
        expect(await named(visit, 'dead_click')).toMatchObject([{ selector: 'span#dead' }]);
      },
    ));

  test('scroll reports each depth once', () =>
    play(
      "import { init } from './index.ts'; import { watchScroll } from './scroll.ts'; const client = init(); watchScroll(client); Object.assign(window, { client })",
      async (visit) => {
        const page = await visit.open();
        await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<div style=height:9000px></div>')");
        for (const y of [5000, 100, 100_000]) {
          await page.evaluate((y) => scrollTo(0, y), y);
          await page.waitForTimeout(100);
        }
        await flush(page);
        expect((await named(visit, 'scroll_depth')).map(({ percent }) => percent)).toEqual(['25', '50', '75', '90']);
      },
    ));

  test('gzip makes large batches smaller and leaves the last one as it is', () =>
    play(
      "import { gzip } from './gzip.ts'; import { init } from './index.ts'; Object.assign(window, { client: init({ send: gzip() }) })",
      async ({ scene, open }) => {
        const page = await open();
        await page.evaluate("for (let n = 0; n < 50; n += 1) client.track('many', { n })");
        await flush(page);
        await page.evaluate("for (let n = 0; n < 20; n += 1) client.track('last', { n }); location = '/two'");
        await page.waitForURL('**/two');
        const events = await scene.settled(72);
        expect(new Set(events.map((event) => event.event_id)).size).toBe(72);
        const packed = scene.posts.filter((post) => post.headers['content-encoding'] === 'gzip');
        expect(packed.length).toBeGreaterThan(0);
        for (const { length, batch } of packed) expect(length * 3).toBeLessThan(JSON.stringify(batch).length);
        expect(
          scene.posts.findLast((post) => JSON.stringify(post.batch).includes('"last"'))?.headers,
        ).not.toHaveProperty('content-encoding');
      },
    ));

  test('cognito-kinesis puts records as the collector would write them, and again those that Kinesis throttled', async () => {
    const aws = await openAws();
    const script = `import { cognitoKinesis } from './cognito-kinesis.ts'; import { init } from './index.ts';
      const send = cognitoKinesis({ region: 'eu-west-1', identityPoolId: 'eu-west-1:pool', streamName: 'clicks', endpoints: { cognito: '${aws.url}/cognito', kinesis: '${aws.url}/kinesis' } });
      Object.assign(window, { client: init({ send }) })`;
    try {
      await play(script, async ({ open }) => {
        const page = await open();
        await page.evaluate("client.identify('ann'); for (let n = 0; n < 5; n += 1) client.track('beer_cart', { n })");
        await flush(page);
        await page.waitForTimeout(2500);
        await flush(page);
      });
    } finally {
      aws.close();
    }
    const events = aws.records.flatMap(({ data }) => decodeEvents(data));
    expect(aws.throttled).toBe(1);
    expect(events.filter((event) => event.client_event === 'beer_cart')).toHaveLength(5);
    expect(events[0]).toMatchObject({ device_type: 'computer', ip: null, referrer: null });
    expect(new Set(aws.records.map(({ key }) => key)).size).toBeLessThanOrEqual(2);
  });

  test('react gives the client to children', () =>
    play(
      `import { createElement as h } from 'react'; import { createRoot } from 'react-dom/client';
       import { TaphouseProvider, useTaphouse } from './react.ts';
       const Cart = () => { const client = useTaphouse(); Object.assign(window, { client }); return h('button', { id: 'buy', onClick: () => client?.track('buy', { price: 3 }) }) };
       createRoot(document.body.appendChild(document.createElement('main'))).render(h(TaphouseProvider, { options: {} }, h(Cart)))`,
      async (visit) => {
        const page = await visit.open();
        await page.evaluate('buy.click()');
        await flush(page);
        expect(await named(visit, 'buy')).toMatchObject([{ price: '3' }]);
      },
    ));
});

interface FakeAws {
  url: string;
  records: { key: string; data: string }[];
  throttled: number;
  close: () => void;
}

/** Cognito's and Kinesis' JSON protocols, as far as they are spoken here; the first PutRecords is throttled. */
async function openAws(): Promise<FakeAws> {
  const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' };
  const aws: FakeAws = { url: '', records: [], throttled: 0, close: () => server.close() };
  const answerTo = (target: string, body: { Records?: { PartitionKey: string; Data: string }[] }): unknown => {
    if (target.endsWith('.GetId')) return { IdentityId: 'eu-west-1:guest' };
    if (target.endsWith('.GetCredentialsForIdentity')) {
      const Expiration = Date.now() / 1000 + 3600;
      return { Credentials: { AccessKeyId: 'A', SecretKey: 'S', SessionToken: 'T', Expiration } };
    }
    const records = body.Records ?? [];
    if (aws.throttled === 0) {
      aws.throttled = 1;
      const Records = records.map(() => ({
        ErrorCode: 'ProvisionedThroughputExceededException',
        ErrorMessage: 'slow',
      }));
      return { FailedRecordCount: records.length, Records };
    }
    for (const { PartitionKey, Data } of records)
      aws.records.push({ key: PartitionKey, data: Buffer.from(Data, 'base64').toString() });
    return {
      FailedRecordCount: 0,
      Records: records.map(() => ({ SequenceNumber: '1', ShardId: 'shardId-000000000000' })),
    };
  };
  const speak = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    response.writeHead(200, { ...cors, 'Content-Type': 'application/x-amz-json-1.1' });
    const target = request.headers['x-amz-target'];
    response.end(target ? JSON.stringify(answerTo(String(target), JSON.parse(body))) : '');
  };
  const server = createServer((request, response) => void speak(request, response));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  aws.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return aws;
}
