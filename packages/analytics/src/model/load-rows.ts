import type { ManifestFile } from '@taphouse/schema';
import type { RecordBatch, Table, Vector } from 'apache-arrow';

import type { Connection, RunOptions } from '../connect.ts';
import { QueryError } from '../query-error.ts';
import { sendQuery } from '../send-query.ts';
import type { Value } from '../sql/question.ts';
import type { Utf8Column } from './intern.ts';
import { type PartialRows, rowNumberOf, type Tie } from './partial-rows.ts';

/** Columns of `aggregated` that the page keeps; times as milliseconds since 1970 UTC. */
const columnsSql = `user_id, device_id, beginnavigation, endnavigation, row_id,
  CAST(epoch_ms(timeagg) AS DOUBLE) AS timeagg,
  CAST(epoch_ms(beginsession) AS DOUBLE) AS beginsession,
  CAST(epoch_ms(endsession) AS DOUBLE) AS endsession,
  CAST(events AS DOUBLE) AS events`;

/** Rows asked for at a time: DuckDB reads the next while the page takes in these, and neither holds more twice. */
const sliceRows = 150_000;

/** How rows are read: `onRows` is told how many have come so far. */
export interface LoadOptions extends RunOptions {
  onRows?: ((rows: number) => void) | undefined;
}

/** Adds the rows of these files of `aggregated`. */
export async function loadRows(
  lake: Connection,
  rows: PartialRows,
  files: readonly ManifestFile[],
  options: LoadOptions = {},
): Promise<void> {
  rows.reserve(files.reduce((sum, file) => sum + file.rows, 0));
  const made = slices(files);
  // The files of one slice come while DuckDB reads another and the page takes in a third.
  const asked = made.slice(0, 2).map((slice) => askRows(lake, slice, options));
  for (let next = 2; asked.length > 0; next += 1) {
    const table = await asked.shift()!;
    const ahead = made[next];
    if (ahead) asked.push(askRows(lake, ahead, options));
    for (const batch of table.batches) addBatch(rows, batch);
    options.onRows?.(rows.length);
  }
}

/**
 * The rows of some files, in one message: a worker that sends batch by batch waits for the page to ask for each, while
 * the page is taking in the slice before. What `query()` may lose of a file that goes while it is read, the count tells.
 */
function askRows(lake: Connection, files: readonly ManifestFile[], { signal }: RunOptions): Promise<Table> {
  const wanted = files.reduce((sum, file) => sum + file.rows, 0);
  const asked = (async () => {
    const sql = `SELECT ${columnsSql} FROM ${await lake.fetchFiles('aggregated', files)}`;
    try {
      const table = await lake.use((_, session) => session.query(sql), signal ? { signal } : {});
      if (table.numRows === wanted) return table;
      throw new Error(`${table.numRows} of ${wanted} rows came; the lake may have changed, read its manifest again`);
    } catch (cause) {
      throw signal?.aborted ? signal.reason : new QueryError(sql, cause);
    }
  })();
  // Asked ahead: nobody may be waiting for it yet when it fails.
  asked.catch(() => {});
  return asked;
}

/** Runs one statement and gives its rows as Arrow has them: no object is made of a row. */
export function askTable(
  lake: Connection,
  sql: string,
  { values = [], ...options }: RunOptions & { values?: readonly Value[] } = {},
): Promise<Table> {
  const { signal } = options;
  return lake
    .use((_, session) => sendQuery(session, sql, values), options)
    .catch((cause: unknown) => {
      throw signal?.aborted ? signal.reason : new QueryError(sql, cause);
    });
}

function slices(files: readonly ManifestFile[]): ManifestFile[][] {
  const made: ManifestFile[][] = [];
  let room = 0;
  for (const file of files) {
    if (room < file.rows || made.length === 0) {
      made.push([]);
      room = sliceRows;
    }
    made.at(-1)?.push(file);
    room -= file.rows;
  }
  return made;
}

/** A row's time is its step's; its events lie at most so long after it. */
const longestStepMs = 86_400_000;

/** First and last event ids of rows, by the number of their row_id. */
export type TieIds = Map<number, { begin: string; end: string }>;

/**
 * Puts rows in order, and asks the lake for the event ids where two rows of a key share a millisecond.
 *
 * @param ids what is known already; what is asked for is added
 */
export async function settleRows(
  lake: Connection,
  rows: PartialRows,
  ids: TieIds,
  options: RunOptions = {},
): Promise<void> {
  const ties = rows.settle();
  const unknown = ties.filter((tie) => !ids.has(tie.id));
  for (const times of clusters(unknown.map((tie) => tie.atMs))) {
    for (const found of await tiedIds(lake, times, options)) {
      ids.set(rowNumberOf(found.row_id), { begin: found.begin_event_id, end: found.end_event_id });
    }
  }
  if (ties.length > 0) rows.breakTies(ties, ids);
}

/** Times in order, at most 1,000 in a group: as many as one statement takes. */
function clusters(times: readonly number[]): number[][] {
  const sorted = [...new Set(times)].toSorted((a, b) => a - b);
  return Array.from({ length: Math.ceil(sorted.length / 1000) }, (_, group) =>
    sorted.slice(group * 1000, (group + 1) * 1000),
  );
}

interface TiedIds {
  row_id: string;
  begin_event_id: string;
  end_event_id: string;
}

/** Rows that begin or end at one of these times, which are whole numbers, from the files that may hold some. */
async function tiedIds(lake: Connection, times: readonly Tie['atMs'][], options: RunOptions): Promise<TiedIds[]> {
  const list = times.map((time) => BigInt(time).toString()).join(', ');
  const files = lake.manifests().aggregated?.files ?? [];
  const wanted = files.filter((file) => times.some((time) => file.minAt <= time && file.maxAt >= time - longestStepMs));
  const sql = `SELECT row_id, begin_event_id, end_event_id FROM ${await lake.fetchFiles('aggregated', wanted)}
WHERE epoch_ms(beginsession) IN (${list}) OR epoch_ms(endsession) IN (${list})`;
  const table = await askTable(lake, sql, options);
  return table.batches.flatMap((batch) => {
    const [begins, ends] = [textsOf(batch, 'begin_event_id'), textsOf(batch, 'end_event_id')];
    return textsOf(batch, 'row_id').map((row_id, row) => ({
      row_id,
      begin_event_id: begins[row] ?? '',
      end_event_id: ends[row] ?? '',
    }));
  });
}

function addBatch(rows: PartialRows, batch: RecordBatch): void {
  rows.add({
    length: batch.numRows,
    user_id: utf8Column(batch, 'user_id'),
    device_id: utf8Column(batch, 'device_id'),
    beginnavigation: utf8Column(batch, 'beginnavigation'),
    endnavigation: utf8Column(batch, 'endnavigation'),
    row_id: utf8Column(batch, 'row_id'),
    timeagg: columnOf(batch, 'timeagg'),
    beginsession: columnOf(batch, 'beginsession'),
    endsession: columnOf(batch, 'endsession'),
    events: columnOf(batch, 'events'),
  });
}

function columnData(batch: RecordBatch, name: string): Vector['data'][number] {
  const data = batch.getChild(name)?.data[0];
  if (!data) throw new TypeError(`column ${name}: missing in the answer; expected the columns of aggregated`);
  return data;
}

/** A column of text. */
export function utf8Column(batch: RecordBatch, name: string): Utf8Column {
  const data = columnData(batch, name);
  return { values: data.values as Uint8Array, offsets: data.valueOffsets, length: data.length };
}

/** A column of DOUBLE. */
export function columnOf(batch: RecordBatch, name: string): Float64Array {
  const data = columnData(batch, name);
  return (data.values as Float64Array).subarray(0, data.length);
}

/** A column of text, as texts. */
export function textsOf(batch: RecordBatch, name: string): string[] {
  const column = batch.getChild(name);
  return Array.from({ length: batch.numRows }, (_, row) => String(column?.get(row) ?? ''));
}
