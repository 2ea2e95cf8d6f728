import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { quoteText } from '../sql/table-ddl.ts';
import { type Database, openDatabase } from './database.ts';
import { joinParquet } from './join-parquet.ts';
import { parquetOptions } from './parquet-writer.ts';
import { decodeThrift, encodeThrift } from './thrift-compact.ts';

let db: Database;
let folder: string;
beforeAll(async () => {
  // One thread reads files in their order.
  db = await openDatabase({ threads: 1 });
});
afterAll(() => db.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'join-'));
  return () => rm(folder, { recursive: true });
});

/** A file of rows with these numbers; every column of ours has a type like one of these. */
async function fileOf(first: number, rows: number, more = ''): Promise<string> {
  const path = join(folder, `${first}.parquet`);
  await db.run(
    `COPY (SELECT make_timestamp((1764000000000 + i) * 1000) AS at, 'e' || i AS id, 'u' || i % 97 || ' 🍺' AS user_id,
       CASE WHEN i % 3 > 0 THEN 'https://shop.example/' || i END AS url, (i % 50)::INTEGER AS step, i AS count,
       CASE WHEN i % 5 > 0 THEN MAP {'beer': 'ale ' || i % 7, 'price': i::VARCHAR} END AS properties ${more}
     FROM range(${first}, ${first + rows}) AS numbers(i)) TO ${quoteText(path)} (${parquetOptions})`,
  );
  return path;
}

const listOf = (paths: readonly string[]): string => `[${paths.map(quoteText).join(', ')}]`;
const rowsOf = (paths: readonly string[]): Promise<Record<string, unknown>[]> =>
  db.rows(
    `SELECT md5(string_agg(files::VARCHAR, ';')) AS content, count(*) AS rows FROM read_parquet(${listOf(paths)}) AS files`,
  );

it('the rows of all files, in their order, in the row groups they had', async () => {
  const paths = [await fileOf(0, 200_000), await fileOf(200_000, 70_000), await fileOf(270_000, 122_880)];
  const target = join(folder, 'joined.parquet');
  expect(await joinParquet(paths, target)).toBe(true);
  expect(await rowsOf([target])).toEqual(await rowsOf(paths));
  const sizes = `SELECT DISTINCT row_group_id, row_group_num_rows AS rows FROM parquet_metadata(${quoteText(target)}) ORDER BY 1`;
  expect((await db.rows(sizes)).map(({ rows }) => Number(rows))).toEqual([122_880, 77_120, 70_000, 122_880]);
  const [facts] = await db.rows(`FROM parquet_file_metadata(${quoteText(target)})`);
  expect(facts).toMatchObject({ num_rows: 392_880n, num_row_groups: 4n });
});

it('statistics and bloom filters still lead to the rows', async () => {
  const paths = [await fileOf(0, 70_000), await fileOf(70_000, 70_000)];
  const target = join(folder, 'joined.parquet');
  await joinParquet(paths, target);
  const file = quoteText(target);
  for (const where of ["id = 'e69999'", "id = 'e70000'", "user_id = 'u96 🍺'", "user_id = 'nobody'", 'count = 100000'])
    expect(await db.rows(`SELECT count(*) AS found FROM ${file} WHERE ${where}`)).toEqual(
      await db.rows(`SELECT count(*) AS found FROM read_parquet(${listOf(paths)}) WHERE ${where}`),
    );
  const probes = await db.rows(`FROM parquet_bloom_probe(${file}, 'user_id', 'u96 🍺')`);
  expect(probes.map(({ bloom_filter_excludes }) => bloom_filter_excludes)).toEqual([false, false]);
  const none = await db.rows(`FROM parquet_bloom_probe(${file}, 'user_id', 'nobody')`);
  expect(none.map(({ bloom_filter_excludes }) => bloom_filter_excludes)).toEqual([true, true]);
});

it('what was joined can be joined again', async () => {
  const paths = [await fileOf(0, 70_000), await fileOf(70_000, 70_000), await fileOf(140_000, 70_000)];
  const [two, three] = [join(folder, 'two.parquet'), join(folder, 'three.parquet')];
  await joinParquet(paths.slice(0, 2), two);
  expect(await joinParquet([two, ...paths.slice(2)], three)).toBe(true);
  expect(await rowsOf([three])).toEqual(await rowsOf(paths));
});

it.each([
  ['other columns', 70_000, ', 1 AS one'],
  ['small row groups', 20_000, ''],
])('files of %s are left to be written anew', async (_, rows, more) => {
  const target = join(folder, 'joined.parquet');
  expect(await joinParquet([await fileOf(0, 70_000), await fileOf(70_000, rows, more)], target)).toBe(false);
  expect(existsSync(target)).toBe(false);
});

it('half a file is refused', async () => {
  const path = await fileOf(0, 70_000);
  await truncate(path, 10_000);
  await expect(joinParquet([path, path], join(folder, 'joined.parquet'))).rejects.toThrow(/not a Parquet file/);
});

it("no byte of a footer of DuckDB's is lost in reading and writing it", async () => {
  const bytes = await readFile(await fileOf(0, 200_000));
  const footer = bytes.subarray(bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8), -8);
  expect(Buffer.compare(encodeThrift(decodeThrift(footer)), footer)).toBe(0);
});
