import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { ask, openTap, post, runTap, runTapHead, temporaryFolder } from './tap.ts';

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
  [['simulate', '--rate', '10000'], /rate: 10000 is not a number of clicks per second above 0, at most 5000/],
  [['simulate', '--endpoint', 'localhost:7400'], /endpoint: localhost:7400 is no URL; send one such as http:/],
  [['pour'], /pour: no such command/],
  [['start', '--colour'], /--colour/],
  [['query', '--format', 'xml', 'SELECT 1'], /xml is not one of/],
  [['query'], /no SQL given/],
  [['query', 'SELECT', '1'], /query: 1 is one word too many/],
  [['query', '--data', '/dev/null', 'SELECT 1'], /no lake at \/dev\/null\/lake; set --data/],
  [['export', '--data', '/dev/null', 'sessions.csv'], /no lake at/],
  [['check', '--data', '/dev/null'], /no lake at/],
  [['check', '2026-11-20'], /check: 2026-11-20 is one word too many/],
  [['check', '--from', '2026-02-30', '--to', '2026-03-02'], /2026-02-30 is not a day/],
  [['check', '--window', '60s'], /check: takes no --window/],
  [['resessionize', '--window', '7s'], /step of 7s does not divide a day/],
  [['import', '--window', '7s', import.meta.filename], /step of 7s does not divide a day/],
  [['retain', '--days', '1e9'], /1e9 is not a number of days from 1 to/],
] as const)('taphouse %s ends with one clear line', async ([args, message]) => {
  const { code, output } = await runTap(...args);
  expect(code).toBe(2);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toMatch(message);
});

test('query prints results of any size, in each format, and stops when nobody reads on', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'lake'));
  const sql = "SELECT i, 'beer' AS what FROM range(300000) t(i)";
  const query = (format: string) => runTap('query', '--data', folder.path, '--format', format, sql);
  const [table, csv, json] = [await query('table'), await query('csv'), await query('json')];
  expect([table.code, csv.code, json.code]).toEqual([0, 0, 0]);
  const lines = table.output.split('\n');
  expect(lines.slice(0, 3)).toEqual(['i     what', '----  ----', '0     beer']);
  expect(lines.slice(-3)).toEqual(['299999  beer', '(300000 rows)', '']);
  expect(csv.output).toBe(`i,what\n${Array.from({ length: 300_000 }, (_, i) => `${i},beer\n`).join('')}`);
  expect(JSON.parse(json.output)).toEqual(Array.from({ length: 300_000 }, (_, i) => ({ i, what: 'beer' })));
  expect(await runTapHead('query', '--data', folder.path, sql)).toEqual({
    code: 0,
    output: lines.slice(0, 1).join(''),
  });
});

test('files that hold no event fail the import, each with a line that names it', async () => {
  await using folder = await temporaryFolder();
  const into = join(folder.path, 'data');
  const other = join(folder.path, 'other.txt');
  const cut = join(folder.path, 'cut.gz');
  const none = join(folder.path, 'none');
  await writeFile(other, `\u{1b}[2J no event\n`.repeat(200));
  await writeFile(cut, gzipSync(randomBytes(500)).subarray(0, 300));
  await mkdir(none);
  const refused = await runTap('import', other, '--data', into);
  expect(refused.code).toBe(2);
  expect(refused.output.match(/^refused: .*record/gm)).toHaveLength(100);
  expect(refused.output).not.toContain('\u{1b}');
  expect(refused.output).toMatch(/taphouse: import: no record of .*other\.txt is an event/);
  expect(await runTap('import', cut, '--data', into)).toEqual({
    code: 2,
    output: expect.stringMatching(/^taphouse: .*cut\.gz: unexpected end of file; .*\n$/m),
  });
  expect(await runTap('import', none, '--data', into)).toEqual({
    code: 2,
    output: expect.stringMatching(/import: no file in .*none;/),
  });
});

test('a file of the lake that is not whole: commands say so in one line, and doctor which', async () => {
  await using folder = await temporaryFolder();
  const lines = join(folder.path, 'clicks.jsonl');
  const click = {
    user_id: 51,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp: '2026-11-20 10:00:00',
  };
  await writeFile(lines, JSON.stringify(click));
  const { path } = folder;
  expect((await runTap('import', lines, '--data', path)).code).toBe(0);
  const refusal = await runTap('erase', '--user-id', '51', '--refuse-later', '--data', path);
  expect(refusal.output).toContain('Later events of the user are not stored.');
  const again = await runTap('erase', '--user-id', '51', '--data', path);
  expect(again.output).toContain('Later events of the user are not stored.');
  const more = join(folder.path, 'more.jsonl');
  await writeFile(more, JSON.stringify({ ...click, user_id: 52 }));
  expect((await runTap('import', more, '--data', path, '--window', '60s')).code).toBe(0);
  const files = await readdir(join(path, 'lake/rawdata'), { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.parquet')))
    await writeFile(join(path, 'lake/rawdata', file), 'broken');
  const erased = await runTap('erase', '--user-id', '52', '--data', path);
  expect(erased).toEqual({
    code: 2,
    output: expect.stringMatching(/^taphouse: .*\.parquet.*; taphouse doctor says which files are not whole\n$/),
  });
  const doctor = await runTap('doctor', '--data', path, '--port', '1');
  expect(doctor.code).toBe(1);
  expect(doctor.output).toMatch(/^FAULT +.*\.parquet/m);
});

test('a start that cannot listen lets go of its folder and ends', async () => {
  await using folder = await temporaryFolder();
  const args = ['start', '--no-traffic', '--data', folder.path, '--port', '0', '--host'];
  for (let round = 0; round < 5; round += 1) {
    const { code, output } = await runTap(...args, '203.0.113.7');
    expect(code).toBe(2);
    expect(output.trim().split('\n').at(-1)).toMatch(/port 0 on 203\.0\.113\.7: .*choose another/);
  }
});
