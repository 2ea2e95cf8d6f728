import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ask, openTap, post, temporaryFolder, until } from './tap.ts';

test('three good events and a bad one: 200 with the reason, the three in rawdata, the bad one in the dead letters', async () => {
  await using folder = await temporaryFolder();
  const tap = await openTap(folder.path, '--window', '1s');
  const response = await post(tap.url, [event(0), event(1), event(2, { client_event: '' }), event(3)]);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ accepted: 3, rejected: [{ index: 2, reason: 'client_event: empty' }] });

  await until(
    15_000,
    () => ask(folder.path, 'SELECT event_id FROM rawdata ORDER BY event_id'),
    (rows) => rows.length === 3,
  );
  expect(await ask(folder.path, `SELECT event_id, user_id FROM rawdata ORDER BY event_id`)).toEqual(
    [0, 1, 3].map((sequence) => ({ event_id: `four-${sequence}`, user_id: '42' })),
  );
  expect(await tap.stop('SIGTERM')).toBe(0);

  const letters = join(folder.path, 'dead-letters');
  const lines = (await Promise.all((await readdir(letters)).map((name) => readFile(join(letters, name), 'utf8'))))
    .join('')
    .trim()
    .split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ reason: 'client_event: empty', event: { event_id: 'four-2' } });
});

function event(sequence: number, fields: object = {}): object {
  return {
    event_id: `four-${sequence}`,
    user_id: 42,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp: Date.now(),
    ...fields,
  };
}
