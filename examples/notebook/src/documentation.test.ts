import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type LakeQuery, openLake, openQuery } from '@taphouse/lake/files';
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const repository = join(import.meta.dirname, '../../..');
let folder: string;
let lake: LakeQuery;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'documented-'));
  const writing = await openLake({ folder });
  const mark = { position: '1', clockAt: testTime, drained: false };
  const events = [click(), click({ client_event: 'beer_cart' })];
  const rows = [sessionRow({ events: 2 })];
  await writing.write({ shard: '0', configHash: 's30000-r30000', from: null, mark, events, rows, stepMs: 30_000 });
  await writing.close();
  lake = await openQuery({ folder });
});

afterAll(async () => {
  await lake.close();
  await rm(folder, { recursive: true });
});

/** What stands between `begin` and `end` in a file of the repository, each time. */
async function texts(file: string, begin: RegExp, end: string): Promise<string[]> {
  const text = await readFile(join(repository, file), 'utf8');
  return [...text.matchAll(new RegExp(`${begin.source}([^]*?)${end}`, 'g'))].map(([, found]) => found?.trim() ?? '');
}

test('each query of docs/analyze.md runs on a lake', async () => {
  const queries = await texts('docs/analyze.md', /```sql\n/, '```');
  expect(queries.length).toBeGreaterThan(4);
  for (const sql of queries) expect([sql, (await lake.query(sql)).columns]).not.toEqual([sql, []]);
});

test('each SQL cell of the notebook runs on a lake and gives rows', async () => {
  const cells = await texts('examples/notebook/index.html', /<script[^>]*type="application\/sql"[^>]*>/, '</script>');
  expect(cells).toHaveLength(7);
  for (const cell of cells) {
    const sql = cell.replaceAll(/\$\{\w+\}/g, '60');
    expect([sql, (await lake.query(sql)).rows]).not.toEqual([sql, []]);
  }
});

test('the first-party path of docs/getting-started.md hands on the four public addresses and no other', async () => {
  const [nginx] = await texts('docs/getting-started.md', /location ~ /, ' \\{');
  const [vite] = await texts('docs/getting-started.md', /const taphouse = \{\n +'/, "': \\{");
  const rules = [new RegExp(nginx ?? '$^'), new RegExp((vite ?? '$^').replaceAll('\\\\', '\\'))];
  for (const rule of rules) {
    const open = ['/t/sdk/taphouse.js', '/t/v1/events', '/t/v1/limits', '/t/v1/pixel.gif'];
    const shut = [
      '/t/v1/live',
      '/t/v1/events/../live',
      '/t/dashboard/',
      '/t/sql/',
      '/t/lake/rawdata/manifest.json',
      '/t/metrics',
    ];
    expect([...open, ...shut].filter((path) => rule.test(path))).toEqual(open);
  }
});
