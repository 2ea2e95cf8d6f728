import type { AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import { sessionRow } from '@taphouse/schema/testing';
import { expect, it } from 'vitest';

import { LiveRows } from './live-rows.ts';

it('writes in the next round what it hears while it writes', async () => {
  const live = new LiveRows();
  let written: string[] = [];
  let hearMore = (): void => live.hear([sessionRow({ row_id: 'late' })], 0);
  const session = {
    query: async () => void (written = []),
    prepare: async () => ({
      query: async (...values: unknown[]) =>
        void written.push(...values.filter((value) => /^(early|late)$/.test(String(value))).map(String)),
      close: async () => {
        hearMore();
        hearMore = () => {};
      },
    }),
  } as unknown as AsyncDuckDBConnection;
  live.hear([sessionRow({ row_id: 'early' })], 0);
  await live.write(session, 0);
  expect(written).toEqual(['early']);
  await live.write(session, 0);
  expect(written).toEqual(['early', 'late']);
});

it('writes again what it could not write', async () => {
  const live = new LiveRows();
  let tries = 0;
  const session = {
    query: async () => {
      tries += 1;
      throw new Error('no memory');
    },
  } as unknown as AsyncDuckDBConnection;
  live.hear([sessionRow()], 0);
  await expect(live.write(session, 0)).rejects.toThrow('no memory');
  await expect(live.write(session, 0)).rejects.toThrow('no memory');
  expect(tries).toBe(2);
});
