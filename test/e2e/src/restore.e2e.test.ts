import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ask, openTap, post, temporaryFolder, until } from './tap.ts';

test('a lake that was put back without log and state is gone on with, and loses no event of either side', async () => {
  await using folder = await temporaryFolder();
  for (const round of [1, 2, 3]) {
    const tap = await openTap(folder.path, '--window', '1s');
    for (let batch = 0; batch < 5; batch += 1) {
      const event_id = `r${round}-${batch}`;
      const click = { event_id, user_id: 'ann', device_id: 'mobile', client_event: 'e', client_timestamp: Date.now() };
      expect((await post(tap.url, [click])).status).toBe(204);
    }
    await until(
      20_000,
      async () => (await ask(folder.path, 'SELECT count(*)::INT AS n FROM rawdata'))[0]?.n,
      (n) => n === round * 5,
    );
    expect(await tap.stop('SIGTERM')).toBe(0);
    expect(tap.output().includes('a lake without its log and state')).toBe(round > 1);
    expect(await ask(folder.path, 'SELECT sum(events)::INT AS n FROM sessions')).toEqual([{ n: round * 5 }]);
    for (const name of ['log', 'state']) await rm(join(folder.path, name), { recursive: true });
  }
});
