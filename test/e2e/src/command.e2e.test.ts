import { expect, test } from 'vitest';

import { ask, openTap, post, runTap, temporaryFolder } from './tap.ts';

test('a second start on the same folder goes on where the first stopped', async () => {
  await using folder = await temporaryFolder();
  for (const [user_id, id] of ['first-0', 'second-0'].entries()) {
    const tap = await openTap(folder.path, '--window', '1s');
    const click = {
      event_id: id,
      user_id,
      device_id: 'mobile',
      client_event: 'beer_cart',
      client_timestamp: Date.now(),
    };
    expect((await post(tap.url, [click])).status).toBe(204);
    // Ctrl-C closes the window that is still open.
    expect(await tap.stop('SIGINT')).toBe(0);
  }
  const rows = await ask(
    folder.path,
    'SELECT begin_event_id, events::INT AS events FROM sessions ORDER BY begin_event_id',
  );
  expect(rows).toEqual([
    { begin_event_id: 'first-0', events: 1 },
    { begin_event_id: 'second-0', events: 1 },
  ]);
  const query = await runTap(
    'query',
    '--data',
    folder.path,
    '--format',
    'csv',
    'SELECT event_id FROM rawdata ORDER BY event_id',
  );
  expect(query).toEqual({ code: 0, output: 'event_id\nfirst-0\nsecond-0\n' });
});

test('a taken port gets one line that names it', async () => {
  await using folder = await temporaryFolder();
  await using other = await temporaryFolder();
  const tap = await openTap(folder.path);
  const { port } = new URL(tap.url);
  const { code, output } = await runTap('start', '--no-traffic', '--data', other.path, '--port', port);
  await tap.stop('SIGTERM');
  expect(code).toBe(2);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toContain(port);
});

test('a folder that is in use gets one line that says so', async () => {
  await using folder = await temporaryFolder();
  const tap = await openTap(folder.path);
  const { code, output } = await runTap('start', '--no-traffic', '--data', folder.path, '--port', '0');
  await tap.stop('SIGTERM');
  expect(code).toBe(2);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toContain(folder.path);
});

test.for([
  [['start', '--data', '/dev/null/data'], /data folder \/dev\/null\/data: can not be written/],
  [['start', '--port', 'beer'], /port: beer is not a whole number/],
  [['start', '--window', 'fortnight'], /fortnight/],
  [['start', '--rate', '-1'], /rate/],
  [['pour'], /pour: no such command/],
  [['start', '--colour'], /--colour/],
  [['query', '--format', 'xml', 'SELECT 1'], /xml is not one of/],
  [['query'], /no SQL given/],
] as const)('taphouse %s ends with one clear line', async ([args, message]) => {
  const { code, output } = await runTap(...args);
  expect(code).toBe(2);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toMatch(message);
});
