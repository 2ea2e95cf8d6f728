import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { openDatabase } from './database.ts';

it('a database holds no memory for files it has read, so that a tap may run for months', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'db-'));
  const db = await openDatabase();
  const path = join(folder, 'a.parquet');
  await db.run(`COPY (SELECT range AS n, md5(range::VARCHAR) AS text FROM range(50_000)) TO '${path}'`);
  expect(await db.rows(`SELECT max(text) > '' AS some FROM '${path}'`)).toEqual([{ some: true }]);
  expect(await db.rows(`SELECT sum(memory_usage_bytes)::INTEGER AS bytes FROM duckdb_memory()`)).toEqual([
    { bytes: 0 },
  ]);
  db.close();
  await rm(folder, { recursive: true });
});
