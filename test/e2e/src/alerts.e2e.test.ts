import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { expect, test } from 'vitest';

import { ask, openTapWith, post, temporaryFolder, until } from './tap.ts';

/** A webhook that takes nothing until it is told to, and then notes the ids. */
async function openWebhook(): Promise<{
  url: string;
  taken: string[];
  sessions: object[];
  tries: () => number;
  take(): void;
  server: Server;
}> {
  const taken: string[] = [];
  const sessions: object[] = [];
  let tries = 0;
  let takes = false;
  const server = createServer((request, response) => {
    void (async () => {
      const { id, session } = (await json(request)) as { id: string; session: object };
      tries += 1;
      if (takes) taken.push(id);
      if (takes) sessions.push(session);
      response.writeHead(takes ? 204 : 503).end();
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, taken, sessions, tries: () => tries, take: () => (takes = true), server };
}

test('SIGKILL while alerts wait for the webhook, or are just being raised: each is sent after the restart', async () => {
  await using folder = await temporaryFolder();
  const webhook = await openWebhook();
  const environment = { TAPHOUSE_ALERTS: 'short: duration_sec < 20', TAPHOUSE_ALERT_WEBHOOK: webhook.url };
  for (let round = 0; round < 3; round += 1) {
    const tap = await openTapWith(environment, folder.path, '--window', '1s');
    const before = webhook.tries();
    for (let batch = 0; batch < 30; batch += 1) {
      expect((await post(tap.url, [click(round, batch)])).status).toBe(204);
      await new Promise((wake) => setTimeout(wake, 50));
    }
    // The first alerts have been tried; others may be on their way from the lake to the outbox.
    if (round < 2)
      await until(
        20_000,
        async () => webhook.tries(),
        (tries) => tries > before,
      );
    await tap.stop('SIGKILL');
  }
  expect(webhook.taken).toEqual([]);
  webhook.take();
  const last = await openTapWith(environment, folder.path, '--window', '1s');
  const taken = await until(
    30_000,
    async () => new Set(webhook.taken),
    (ids) => ids.size >= 90,
  );
  expect(await last.stop('SIGTERM')).toBe(0);
  webhook.server.close();
  const rows = await ask(folder.path, 'SELECT DISTINCT row_id FROM aggregated');
  expect(rows.map(({ row_id }) => `short/${String(row_id)}`).toSorted()).toEqual([...taken].toSorted());
});

test('with a gap, an alert is about a whole session, a SIGKILL in its midst included', async () => {
  await using folder = await temporaryFolder();
  const webhook = await openWebhook();
  webhook.take();
  const environment = { TAPHOUSE_ALERTS: 'short: duration_sec < 20', TAPHOUSE_ALERT_WEBHOOK: webhook.url };
  const open = (): ReturnType<typeof openTapWith> =>
    openTapWith({ ...environment, TAPHOUSE_GAP: '15s' }, folder.path, '--window', '1s');
  const first = await open();
  expect((await post(first.url, [visit('1')])).status).toBe(204);
  await first.stop('SIGKILL');
  const last = await open();
  expect((await post(last.url, [visit('2')])).status).toBe(204);
  const sessions = await until(
    60_000,
    async () => webhook.sessions,
    ({ length }) => length > 0,
  );
  expect(await last.stop('SIGTERM')).toBe(0);
  webhook.server.close();
  expect(new Set(webhook.taken)).toEqual(new Set(['short/l15000/visit-1']));
  expect(sessions[0]).toMatchObject({ events: 2, begin_event_id: 'visit-1', end_event_id: 'visit-2' });
});

/** One session each. */
function click(round: number, batch: number): object {
  return {
    event_id: `r${round}-${batch}`,
    user_id: `u${round}-${batch}`,
    device_id: 'mobile',
    client_event: 'beer_products',
    client_timestamp: Date.now(),
  };
}

/** One of a visitor who comes twice. */
function visit(event: string): object {
  return { ...click(0, 0), event_id: `visit-${event}` };
}
