import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Hono } from 'hono';
import { expect, test } from 'vitest';

import { askToken, keptToken } from './reader-token.ts';

const token = 'a-token-of-the-test';
const app = new Hono();
app.route('/', askToken(token));
app.all('*', (c) => c.text('served'));

const get = (path: string, headers: Record<string, string> = {}): Response | Promise<Response> =>
  app.request(path, { headers });

const guarded = ['/dashboard', '/dashboard/', '/sql/', '/lake/rawdata/manifest.json', '/v1/live', '/metrics'];

test.for(guarded)('%s asks for the token', async (path) => {
  expect((await get(path)).status).toBe(401);
  expect((await app.request(path, { method: 'HEAD' })).status).toBe(401);
  expect((await get(path, { Authorization: 'Bearer another-token-here' })).status).toBe(401);
  expect((await get(path, { Cookie: 'taphouse_token=' })).status).toBe(401);
  expect(await (await get(path, { Authorization: `Bearer ${token}` })).text()).toBe('served');
});

test.for(['/', '/v1/events', '/v1/limits', '/v1/pixel.gif', '/sdk/taphouse.js', '/health', '/ready'])(
  '%s is open to all',
  async (path) => expect((await get(path)).status).toBe(200),
);

test('the token in the address becomes a cookie, and leaves the address', async () => {
  const entered = await get(`/dashboard/?token=${token}&range=today`);
  expect([entered.status, entered.headers.get('location')]).toEqual([302, '/dashboard/?range=today']);
  const cookie = entered.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Lax/);
  expect((await get('/lake/x.parquet', { Cookie: cookie.split(';', 1)[0] ?? '' })).status).toBe(200);
});

test('behind a proxy that ends TLS the cookie travels by TLS only', async () => {
  const entered = await get(`/dashboard/?token=${token}`, { 'X-Forwarded-Proto': 'https' });
  expect(entered.headers.get('set-cookie')).toMatch(/Secure/);
});

test('a person gets a form, a second time with what was wrong', async () => {
  const first = await get('/dashboard/', { Accept: 'text/html' });
  expect([first.status, first.headers.get('cache-control')]).toEqual([401, 'no-store']);
  expect(await first.text()).toContain('<form method="get">');
  const second = await (await get('/dashboard/?token=%22%3E%3Cscript%3E', { Accept: 'text/html' })).text();
  expect(second).toContain('That is not the token');
  expect(second).not.toContain('<script>');
});

test('a token is made once, for its owner only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'taphouse-token-'));
  const file = join(folder, 'token');
  const made = keptToken(file);
  expect(made).toMatch(/^[0-9a-f]{32}$/);
  expect(keptToken(file)).toBe(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, '\n');
  const again = keptToken(file);
  expect(again).toMatch(/^[0-9a-f]{32}$/);
  expect([again === made, keptToken(file)]).toEqual([false, again]);
  rmSync(folder, { recursive: true });
});
