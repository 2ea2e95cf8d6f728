import type { ManifestFile } from '@taphouse/schema';
import { Float64, Table, Utf8, type Vector, vectorFromArray } from 'apache-arrow';
import { expect, it } from 'vitest';

import type { Connection } from '../connect.ts';
import { KeptRows } from './kept-rows.ts';

const dayMs = 86_400_000;

/** Files of a day each, so many rows in each that they are read in several turns. */
const files: ManifestFile[] = [10, 11, 12, 13, 100].map((day) => ({
  path: String(day),
  bytes: 1,
  rows: day === 100 ? 10 : 200_000,
  minAt: day * dayMs,
  maxAt: (day + 1) * dayMs - 1,
  sealed: true,
}));

function rowsOf({ minAt, rows }: ManifestFile): Table {
  const texts = vectorFromArray(
    Array.from({ length: rows }, () => 'x'),
    new Utf8(),
  );
  const users = vectorFromArray(
    Array.from({ length: rows }, (_, row) => `${minAt} ${row}`),
    new Utf8(),
  );
  const numbers = vectorFromArray(
    Array.from({ length: rows }, (_, row) => minAt + row),
    new Float64(),
  );
  const names = ['device_id', 'beginnavigation', 'endnavigation'];
  const times = ['row_number', 'timeagg', 'beginsession', 'endsession', 'events'];
  const columns = [
    ['user_id', users] as const,
    ...names.map((name) => [name, texts] as const),
    ...times.map((name) => [name, numbers] as const),
  ];
  return new Table(Object.fromEntries(columns) as Record<string, Vector>);
}

async function query(sql: string): Promise<Table> {
  await new Promise((wake) => setTimeout(wake, 20));
  const file = files.find(({ path }) => sql.endsWith(`FROM ${path}`));
  if (!file) throw new Error(sql);
  return rowsOf(file);
}

/** A lake that does one thing at a time, as the real one. */
function slowLake(): Connection {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const done = last.then(task);
    last = done.catch(() => {});
    return done;
  };
  return {
    manifests: () => ({ aggregated: { files }, rawdata: null }),
    fetchFiles: (_table: string, of: ManifestFile[]) => inTurn(async () => of.map(({ path }) => path).join()),
    use: (task: (db: null, session: { query: typeof query }) => Promise<unknown>) =>
      inTurn(() => task(null, { query })),
  } as unknown as Connection;
}

it('keeps the rows of the range that was asked for last, though one before it took longer', async () => {
  const kept = new KeptRows(slowLake());
  const before = kept.cover({ fromAt: 10.5 * dayMs, toAt: 13 * dayMs }, 0).catch(String);
  await new Promise((wake) => setTimeout(wake, 30));
  await kept.cover({ fromAt: 100.5 * dayMs, toAt: 101 * dayMs }, 0);
  expect(await before).toContain('another range was asked for');
  expect([kept.rows.length, kept.rows.begin[0]]).toEqual([10, 100 * dayMs]);
});
