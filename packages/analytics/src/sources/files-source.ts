import { DuckDBDataProtocol } from '@duckdb/duckdb-wasm';
import { type Manifest, type ManifestFile, type TableName, tables } from '@taphouse/schema';

import { plainRows } from '../plain-rows.ts';
import { ConnectError } from '../query-error.ts';
import { sendQuery } from '../send-query.ts';
import { dayOf } from './day-of.ts';
import type { GivenFile } from './dropped-files.ts';
import type { Engine, LakeSource } from './lake-source.ts';

const tableNames = ['rawdata', 'aggregated'] as const;
/** The time by which a table's files are divided. */
const partitionTime = { rawdata: 'received_at', aggregated: 'timeagg' } as const;

/**
 * A lake of files that the visitor gave: dropped on the page, or chosen. They are read where they are, and leave the
 * machine never. A folder with `<table>/manifest.json` is taken as the manifest has it; else every Parquet file is taken
 * for live, and its table known by its columns.
 */
export function filesSource(given: readonly GivenFile[]): LakeSource {
  const files = new Map<string, File>();
  let read: Promise<Record<TableName, Manifest | null>> | null = null;
  return {
    manifests: (engine) => (read ??= engine.then((ready) => inspect(given, files, ready))),
    async register({ db }, name, { table, path }) {
      const file = files.get(`${table}/${path}`);
      if (!file) throw new ConnectError(`${path}: not among the files given; give it, or the whole folder`);
      await db.registerFileHandle(name, file, DuckDBDataProtocol.BROWSER_FILEREADER, true);
    },
    fetchWhole: async () => null,
  };
}

async function inspect(
  given: readonly GivenFile[],
  files: Map<string, File>,
  engine: Engine,
): Promise<Record<TableName, Manifest | null>> {
  const found: Record<TableName, Manifest | null> = { rawdata: null, aggregated: null };
  let rest = given;
  for (const table of tableNames) {
    const own = given.find(({ path }) => path.endsWith(`${table}/manifest.json`));
    if (!own) continue;
    const folder = own.path.slice(0, -'manifest.json'.length);
    found[table] = await takeManifest(own, table);
    for (const { path } of found[table].files) {
      const file = given.find((each) => each.path === folder + path)?.file;
      if (!file)
        throw new ConnectError(`${folder}${path}: named by the manifest, not among the files; give the whole folder`);
      files.set(`${table}/${path}`, file);
    }
    rest = rest.filter(({ path }) => !path.startsWith(folder));
  }
  const loose = rest.filter(({ path }) => /(^|\/)[^/._][^/]*\.parquet$/i.test(path));
  if (loose.length === 0 && !found.rawdata && !found.aggregated) throw noParquet(given);
  for (const [index, each] of loose.entries()) {
    const { table, file } = await inspectFile(each, index, engine);
    files.set(`${table}/${file.path}`, each.file);
    found[table] ??= { format: 1, table, version: 1, committedAt: 0, files: [], removed: [], marks: {} };
    found[table].files.push(file);
  }
  return found;
}

async function takeManifest({ path, file }: GivenFile, table: TableName): Promise<Manifest> {
  const manifest = JSON.parse(await file.text().catch(() => 'null')) as Manifest | null;
  if (manifest?.format !== 1 || manifest.table !== table) {
    throw new ConnectError(`${path}: no manifest of ${table} in format 1, which this reader knows`);
  }
  return manifest;
}

function noParquet(given: readonly GivenFile[]): ConnectError {
  const [first] = given;
  const what = given.length === 1 && first ? first.path : `${given.length} files`;
  return new ConnectError(`${what}: no Parquet; give .parquet files, or the folder of a lake`);
}

/** What a Parquet file is, by its own words. */
async function inspectFile(
  given: GivenFile,
  index: number,
  engine: Engine,
): Promise<{ table: TableName; file: ManifestFile }> {
  await refuseOther(given);
  const name = `given/${index}.parquet`;
  await engine.db.registerFileHandle(name, given.file, DuckDBDataProtocol.BROWSER_FILEREADER, true);
  try {
    const columns = await ask<{ name: string }>(engine, `SELECT name FROM parquet_schema('${name}')`);
    const table = tableWith(new Set(columns.map((column) => column.name)), given.path);
    const [stats] = await ask<{ rows: number; min: string | null; max: string | null }>(
      engine,
      `SELECT (SELECT sum(num_rows)::BIGINT FROM (SELECT DISTINCT row_group_id, row_group_num_rows AS num_rows FROM parquet_metadata('${name}'))) AS rows,
        min(stats_min_value) AS min, max(stats_max_value) AS max FROM parquet_metadata('${name}') WHERE path_in_schema = '${partitionTime[table]}'`,
    );
    const day = dayOf(given.path);
    const [minAt, maxAt] = [timeOf(stats?.min, day.minAt, 0), timeOf(stats?.max, day.maxAt, 1)];
    const path = `${index}/${given.path}`;
    return { table, file: { path, bytes: given.file.size, rows: stats?.rows ?? 0, minAt, maxAt, sealed: false } };
  } catch (cause) {
    if (cause instanceof ConnectError) throw cause;
    throw new ConnectError(`${given.path}: cannot be read as Parquet (${String(cause)}); write it again`, { cause });
  } finally {
    await engine.db.dropFile(name);
  }
}

/** `2026-11-23 18:00:00.5` of Parquet's statistics, which know microseconds: `more` makes up for those cut off. */
function timeOf(text: string | null | undefined, known: number, more: number): number {
  const at = text ? Date.parse(`${text.replace(' ', 'T').replace(/(\.\d{3})\d*$/, '$1')}Z`) : Number.NaN;
  return Number.isNaN(at) ? known : at + more;
}

async function ask<Row>({ session }: Engine, sql: string): Promise<Row[]> {
  return plainRows<Row>(await sendQuery(session, sql));
}

/** Parquet begins and ends with `PAR1`. */
async function refuseOther({ path, file }: GivenFile): Promise<void> {
  const ends = await Promise.all([file.slice(0, 4).text(), file.slice(-4).text()]);
  if (ends.every((end) => end === 'PAR1')) return;
  const begin = JSON.stringify(ends[0]);
  throw new ConnectError(`${path}: not Parquet, it begins with ${begin} and ${file.size} bytes; give .parquet files`);
}

/** The table that a file's columns are of. */
function tableWith(names: ReadonlySet<string>, path: string): TableName {
  const lacking = tableNames.map((table) => ({
    table,
    lacks: tables[table].map((column) => column.name).filter((name) => !names.has(name)),
  }));
  const best = lacking.toSorted((one, other) => one.lacks.length - other.lacks.length)[0];
  if (best?.lacks.length === 0) return best.table;
  throw new ConnectError(
    `${path}: lacks ${best?.lacks.join(', ') ?? ''} of ${best?.table ?? ''}; give files that Taphouse wrote, or query others with duckdb`,
  );
}
