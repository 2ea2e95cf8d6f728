import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { openChromium } from '@taphouse/test-browser';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTap, type Tap, temporaryFolder } from './tap.ts';

const readme = join(import.meta.dirname, '../../../packages/sdk/README.md');
const origin = 'https://stats.example.com';

let browser: Browser;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let tap: Tap;
beforeAll(async () => {
  folder = await temporaryFolder();
  [browser, tap] = await Promise.all([openChromium(), openTap(folder.path)]);
});
afterAll(async () => {
  await browser.close();
  await tap.stop('SIGTERM');
  await folder[Symbol.asyncDispose]();
});

test("the README's command gives the hash with which another site may load the SDK, and its policy lets it send", async () => {
  const hash = await hashByReadme();
  const site = await serveSite(`integrity="sha384-${hash}" crossorigin="anonymous"`);
  const page = await browser.newPage();
  const stored = page.waitForResponse((response) => response.url() === `${tap.url}/v1/events`);
  await page.goto(site.url);
  expect((await stored).status()).toBe(204);
  site.server.close();
  await page.close();
});

test('a file with another hash does not run, and the page goes on', async () => {
  const hash = await hashByReadme();
  const site = await serveSite(
    `integrity="sha384-${hash.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}" crossorigin="anonymous"`,
  );
  const page = await browser.newPage();
  const failed = page.waitForEvent('console', (message) => message.text().includes('integrity'));
  await page.goto(site.url);
  await failed;
  expect(await page.evaluate('[document.title, window.taphouse]')).toEqual(['Shop', undefined]);
  site.server.close();
  await page.close();
});

/** Runs the line as it is written, for this tap. */
async function hashByReadme(): Promise<string> {
  const line = /^curl .*openssl.*$/m.exec(await readFile(readme, 'utf8'))?.[0] ?? '';
  expect(line).toContain(origin);
  const { stdout } = await promisify(execFile)('sh', ['-c', line.replace(origin, tap.url)]);
  return stdout.trim();
}

/** A site of another origin, with the policy of the README. */
async function serveSite(attributes: string): Promise<{ server: Server; url: string }> {
  const policy = `default-src 'none'; script-src ${tap.url}; connect-src ${tap.url}`;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': policy });
    response.end(
      `<title>Shop</title><script src="${tap.url}/sdk/taphouse.js" ${attributes} data-write-key="demo" async></script>`,
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
