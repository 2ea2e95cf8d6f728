import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { serveLake } from './serve-lake.ts';

let folder: string;
let server: ViteDevServer;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-'));
  await mkdir(join(folder, 'lake/rawdata'), { recursive: true });
  await writeFile(join(folder, 'lake/rawdata/manifest.json'), '0123456789');
  await writeFile(join(folder, 'lake/rawdata/.manifest.json.~1'), 'hidden');
  await writeFile(join(folder, 'secret.txt'), 'treasure');
  const plugins = [serveLake(join(folder, 'lake'))];
  server = await createServer({
    configFile: false,
    root: join(folder, 'lake'),
    appType: 'custom',
    logLevel: 'silent',
    plugins,
    server: { port: 0, host: '127.0.0.1' },
    optimizeDeps: { noDiscovery: true },
  });
  await server.listen();
  url = `${server.resolvedUrls?.local[0] ?? ''}lake/rawdata`;
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

test('a whole file is answered with 200', async () => {
  const response = await fetch(`${url}/manifest.json`);
  expect([response.status, await response.text()]).toEqual([200, '0123456789']);
});

test.each([
  ['bytes=2-4', '234', 'bytes 2-4/10'],
  ['bytes=7-', '789', 'bytes 7-9/10'],
  ['bytes=7-99', '789', 'bytes 7-9/10'],
])('%s is answered with its part', async (range, text, contentRange) => {
  const response = await fetch(`${url}/manifest.json`, { headers: { range } });
  expect([response.status, await response.text()]).toEqual([206, text]);
  expect(response.headers.get('content-range')).toBe(contentRange);
});

test('HEAD tells the size', async () => {
  const response = await fetch(`${url}/manifest.json`, { method: 'HEAD', headers: { range: 'bytes=0-' } });
  expect([response.status, response.headers.get('content-length')]).toEqual([206, '10']);
});

test.each(['.manifest.json.~1', '%2e%2e/%2e%2e/secret.txt', '..%2f..%2fsecret.txt', 'no-such.parquet', ''])(
  '%s is not served',
  async (path) => {
    const response = await fetch(`${url}/${path}`);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('treasure');
  },
);

test('a path that cannot be decoded is refused, and the server answers on', async () => {
  expect((await fetch(`${url}/%E0%A4`)).status).toBe(400);
  expect((await fetch(`${url}/manifest.json`)).status).toBe(200);
});
