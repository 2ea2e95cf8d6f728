import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTap, post, type Tap, temporaryFolder, until } from './tap.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let tap: Tap;

beforeAll(async () => {
  folder = await temporaryFolder();
  tap = await openTap(folder.path, '--window', '1s');
});

afterAll(async () => {
  await tap.stop('SIGTERM');
  await folder[Symbol.asyncDispose]();
});

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(tap.url + path, { headers, redirect: 'manual' });
}

test.for(['/', '/beers/winter-star', '/dashboard/', '/sql/'])('%s is a page under the strict policy', async (path) => {
  const response = await get(path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/html');
  const policy = response.headers.get('content-security-policy') ?? '';
  for (const rule of [
    `script-src 'self' 'wasm-unsafe-eval'`,
    `connect-src 'self'`,
    `style-src 'self'`,
    `object-src 'none'`,
  ]) {
    expect(policy.split('; ')).toContain(rule);
  }
});

test.for([
  ['/dashboard', 302],
  ['/no/such/file.js', 404],
  ['/lake/rawdata/no-such.parquet', 404],
  ['/lake/../log/data.mdb', 404],
  ['/lake/%2e%2e/log/data.mdb', 404],
  ['/lake/.work', 404],
] as const)('%s is answered %i', async ([path, status]) => {
  expect((await get(path)).status).toBe(status);
});

test('the SDK file is one script that any site may load', async () => {
  const response = await get('/sdk/taphouse.js');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('javascript');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});

test('the lake is read by ranges, as DuckDB-WASM asks for them', async () => {
  const click = {
    event_id: 'range-0',
    user_id: 1,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp: Date.now(),
  };
  expect((await post(tap.url, [click])).status).toBe(204);
  const manifest = await until(
    20_000,
    async () => {
      const response = await get('/lake/rawdata/manifest.json');
      return response.ok ? ((await response.json()) as { files: { path: string; bytes: number }[] }) : { files: [] };
    },
    ({ files }) => files.length > 0,
  );
  const { path, bytes } = manifest.files[0]!;
  const head = await fetch(`${tap.url}/lake/rawdata/${path}`, { method: 'HEAD', headers: { Range: 'bytes=0-' } });
  expect([head.status, head.headers.get('content-length')]).toEqual([206, String(bytes)]);
  const tail = await get(`/lake/rawdata/${path}`, { Range: 'bytes=-4' });
  expect([tail.status, await tail.text()]).toEqual([206, 'PAR1']);
  expect(tail.headers.get('content-range')).toBe(`bytes ${bytes - 4}-${bytes - 1}/${bytes}`);
});
