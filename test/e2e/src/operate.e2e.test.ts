import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openTapWith, post, temporaryFolder, until } from './tap.ts';

const document = join(import.meta.dirname, '../../../docs/operate.md');

test('docs/operate.md says of each metric what to do with it, and of none that is not there', async () => {
  await using folder = await temporaryFolder();
  const tap = await openTapWith({}, folder.path);
  const metrics = await (await fetch(`${tap.url}/metrics`)).text();
  const measured = new Set([...metrics.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
  const named = new Set((await readFile(document, 'utf8')).match(/\btaphouse_\w+/g));
  expect(named).toEqual(measured);
  expect(await tap.stop('SIGTERM')).toBe(0);
});

test('each answer has an id, which is in its log line; what is no route is told so', async () => {
  await using folder = await temporaryFolder();
  const tap = await openTapWith({ TAPHOUSE_LOG: 'json' }, folder.path);
  const refused = await post(tap.url, [{ user_id: 1 }]);
  const id = refused.headers.get('request-id');
  const lines = (): Record<string, unknown>[] =>
    tap
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const [line] = await until(
    5_000,
    async () => lines(),
    (all) => all.length > 0,
  );
  expect(line).toMatchObject({ level: 'warn', request_id: id, status: 400, reason: 'device_id: missing' });

  for (const [method, path, status] of [
    ['GET', '/v1/events', 405],
    ['GET', '/v1/event', 404],
    ['POST', '/v1/event', 404],
    ['POST', '/anything', 404],
  ] as const) {
    const answer = await fetch(`${tap.url}${path}`, { method });
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.headers.get('request-id')).toMatch(/^[\w-]+$/);
    expect(await answer.json()).toEqual({ reason: expect.stringContaining(`${method} ${path}: `) as string });
  }
  expect(await tap.stop('SIGTERM')).toBe(0);
});
