import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openLog } from '@taphouse/streams/log';
import { expect, test } from 'vitest';

import { ask, openTap, post, runTap, temporaryFolder, until } from './tap.ts';

let sequence = 0;

function click(user_id: string, more: object = {}): object {
  sequence += 1;
  const fields = { device_id: 'mobile', client_event: 'beer_cart', client_timestamp: Date.now() };
  return { event_id: `e-${sequence}`, user_id, ...fields, ...more };
}

test('an erasure beside a running tap: nothing of the user is left in lake, log or dead letters, nor taken again', async () => {
  await using folder = await temporaryFolder();
  const tap = await openTap(folder.path, '--window', '1s');
  for (const user of ['ann', 'bob']) {
    expect((await post(tap.url, [click(user)])).status).toBe(204);
    expect((await post(tap.url, [click(user, { client_timestamp: 'noon' })])).status).toBe(400);
  }
  const users = async (): Promise<unknown[]> =>
    (
      await ask(
        folder.path,
        'SELECT DISTINCT user_id FROM (SELECT user_id FROM rawdata UNION ALL SELECT user_id FROM aggregated) ORDER BY 1',
      )
    ).map(({ user_id }) => user_id);
  const sessions = async (): Promise<unknown> =>
    (await ask(folder.path, 'SELECT count(*)::INT AS n FROM sessions'))[0]?.n;
  await until(20_000, sessions, (n) => n === 2);

  const { code, output } = await runTap('erase', '--data', folder.path, '--user-id', 'ann', '--refuse-later');
  expect([code, output]).toEqual([0, expect.stringContaining('0 rows of the user')]);
  expect(await users()).toEqual(['bob']);
  // The running process notices, and trims its log.
  await new Promise((wake) => setTimeout(wake, 4_000));
  expect((await post(tap.url, [click('ann'), click('bob')])).status).toBe(204);
  expect((await post(tap.url, [click('ann', { client_timestamp: 'noon' })])).status).toBe(400);
  await until(20_000, sessions, (n) => Number(n) >= 2);
  expect(await tap.stop('SIGTERM')).toBe(0);

  expect(await users()).toEqual(['bob']);
  expect(await recordsOf(folder.path)).not.toContain('"ann"');
  const letters = await Promise.all(
    (await readdir(join(folder.path, 'dead-letters'))).map((name) =>
      readFile(join(folder.path, 'dead-letters', name), 'utf8'),
    ),
  );
  expect(letters.join('')).toContain('bob');
  expect(letters.join('')).not.toContain('ann');
});

/** Everything that the log of a stopped tap still has. */
async function recordsOf(dataFolder: string): Promise<string> {
  const log = await openLog({ path: join(dataFolder, 'log'), tickMs: 50 });
  let text = '';
  for await (const { records } of log.read('0')) {
    if (records.length === 0) break;
    for (const { data } of records) text += data;
  }
  await log.close();
  return text;
}
