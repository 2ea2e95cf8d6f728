import { expect, test } from 'vitest';

import { ask, openTap, post, temporaryFolder } from './tap.ts';

const rounds = Number(process.env.TAPHOUSE_ROUNDS ?? 4);

test(
  'SIGKILL mid-way: nothing acknowledged is missing or doubled after the restart',
  async () => {
    await using folder = await temporaryFolder();
    const acknowledged = new Set<string>();
    const posted = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      const tap = await openTap(folder.path, '--window', '1s');
      const posting = postUntilDown(tap.url, round, acknowledged, posted);
      await new Promise((wake) => setTimeout(wake, 2_500 + (round % 4) * 1_700));
      await tap.stop('SIGKILL');
      await posting;
    }
    const last = await openTap(folder.path, '--window', '1s');
    expect((await post(last.url, [click('last-0', 0)])).status).toBe(204);
    acknowledged.add('last-0');
    posted.add('last-0');
    await new Promise((wake) => setTimeout(wake, 3_000));
    expect(await last.stop('SIGTERM')).toBe(0);

    expect(acknowledged.size).toBeGreaterThan(rounds * 20);
    const stored = await ask(folder.path, 'SELECT event_id, count(*)::INT AS copies FROM rawdata GROUP BY event_id');
    const ids = new Set(stored.map((row) => row.event_id));
    expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
    expect(stored.filter((row) => row.copies !== 1)).toEqual([]);
    expect(stored.filter((row) => !posted.has(String(row.event_id)))).toEqual([]);

    const [sums] = await ask(
      folder.path,
      'SELECT sum(events)::INT AS in_sessions, (SELECT count(*)::INT FROM events) AS in_events FROM sessions',
    );
    expect(sums).toEqual({ in_sessions: stored.length, in_events: stored.length });
    const different = await ask(
      folder.path,
      `SELECT * FROM (SELECT user_id, device_id, timeagg, events::INT AS events, beginsession, endsession FROM sessions) AS engine
     FULL JOIN (SELECT user_id, device_id, time_bucket(INTERVAL 1 SECOND, client_timestamp) AS timeagg, count(*)::INT AS events,
                       min(client_timestamp) AS beginsession, max(client_timestamp) AS endsession FROM events GROUP BY ALL) AS batch
     USING (user_id, device_id, timeagg)
     WHERE engine.events IS DISTINCT FROM batch.events OR engine.beginsession IS DISTINCT FROM batch.beginsession
        OR engine.endsession IS DISTINCT FROM batch.endsession`,
    );
    expect(different).toEqual([]);
  },
  60_000 + rounds * 20_000,
);

/** Posts batches as fast as they are answered; an id counts as acknowledged only once its 204 has arrived. */
async function postUntilDown(
  url: string,
  round: number,
  acknowledged: Set<string>,
  posted: Set<string>,
): Promise<void> {
  for (let batch = 0; ; batch += 1) {
    const ids = Array.from({ length: 5 }, (_, index) => `r${round}-${String(batch * 5 + index).padStart(8, '0')}`);
    for (const id of ids) posted.add(id);
    try {
      const response = await post(
        url,
        ids.map((id, index) => click(id, batch + index)),
      );
      expect(response.status).toBe(204);
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
    for (const id of ids) acknowledged.add(id);
  }
}

function click(event_id: string, user: number): object {
  return {
    event_id,
    user_id: user % 7,
    device_id: user % 2 ? 'mobile' : 'tablet',
    client_event: 'beer_products',
    client_timestamp: Date.now(),
  };
}
