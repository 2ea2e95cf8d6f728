import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { click, sessionRow } from '@taphouse/schema/testing';
import { expect, it } from 'vitest';

import { ManifestError } from '../manifest-protocol.ts';
import { makeLake } from '../testing.ts';
import { openDatabase } from './database.ts';
import { openLake, openPlace } from './lake.ts';
import { manifestOf } from './room.ts';
import { upgradeTables } from './upgrade-tables.ts';

it('an upgrade rewrites the files of a table in one version, which an older Taphouse then refuses', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lake-'));
  await makeLake({
    folder,
    events: [click({ user_id: '1' }), click({ user_id: '2' })],
    rows: [sessionRow()],
    commits: 2,
  });
  const db = await openDatabase();
  const room = { ...(await openPlace({ folder })), db, now: Date.now };
  const before = await manifestOf(room, 'rawdata');

  await upgradeTables(room, [{ from: 1, select: { rawdata: `*, 'user ' || user_id AS label` } }]);

  const text = new TextDecoder().decode((await room.store.get('rawdata/manifest.json'))?.body);
  const after = JSON.parse(text) as typeof before;
  expect(after).toMatchObject({ format: 2, version: before.version + 1, marks: before.marks });
  expect(after.files.map(({ rows, minAt, maxAt }) => [rows, minAt, maxAt])).toEqual(
    before.files.map(({ rows, minAt, maxAt }) => [rows, minAt, maxAt]),
  );
  const paths = after.files.map(({ path }) => `'${join(folder, 'rawdata', path)}'`);
  expect(await db.rows(`SELECT label FROM read_parquet([${paths.join(', ')}]) ORDER BY 1`)).toEqual([
    { label: 'user 1' },
    { label: 'user 2' },
  ]);
  await expect(openLake({ folder })).rejects.toThrow(ManifestError);
  await expect(openLake({ folder })).rejects.toThrow(/format 2; this version reads up to 1, so update Taphouse/);
  db.close();
  await rm(folder, { recursive: true });
});
