import type { RecordBatch, Vector } from 'apache-arrow';
import type { ManifestFile } from '@taphouse/schema';

import type { Connection } from '../connect.ts';
import { QueryError } from '../query-error.ts';
import { sendQuery } from '../send-query.ts';
import type { Utf8Column } from './intern.ts';
import { type PartialRows, rowNumberOf, type Tie } from './partial-rows.ts';

/** Columns of `aggregated` that the page keeps; times as milliseconds since 1970 UTC. */
const columnsSql = `user_id, device_id, beginnavigation, endnavigation, row_id,
  CAST(epoch_ms(timeagg) AS DOUBLE) AS timeagg,
  CAST(epoch_ms(beginsession) AS DOUBLE) AS beginsession,
  CAST(epoch_ms(endsession) AS DOUBLE) AS endsession,
  CAST(events AS DOUBLE) AS events`;

/** Rows asked for at a time: a bound on what Arrow and the page hold twice. */
const sliceRows = 500_000;

/** Adds the rows of these files of `aggregated`. `onRows` is told how many have come so far. */
export async function loadRows(
  lake: Connection,
  rows: PartialRows,
  files: readonly ManifestFile[],
  onRows: (rows: number) => void = () => {},
): Promise<void> {
  for (const slice of slices(files)) {
    const relation = await lake.fetchFiles('aggregated', slice);
    const sql = `SELECT ${columnsSql} FROM ${relation}`;
    const table = await lake
      .use(async (_, session) => sendQuery(session, sql))
      .catch((cause: unknown) => {
        throw new QueryError(sql, cause);
      });
    for (const batch of table.batches) addBatch(rows, batch);
    onRows(rows.length);
  }
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

/** First and last event ids of rows, by the number of their row_id. */
export type TieIds = Map<number, { begin: string; end: string }>;

/**
 * Puts rows in order, and asks the lake for the event ids where two rows of a key share a millisecond.
 *
 * @param ids what is known already; what is asked for is added
 */
export async function settleRows(lake: Connection, rows: PartialRows, ids: TieIds): Promise<void> {
  const ties = rows.settle();
  const unknown = ties.filter((tie) => !ids.has(tie.id));
  for (const times of clusters(unknown.map((tie) => tie.atMs))) {
    for (const found of await tiedIds(lake, times)) {
      ids.set(rowNumberOf(found.row_id), { begin: found.begin_event_id, end: found.end_event_id });
    }
  }
  if (ties.length > 0) rows.breakTies(ties, ids);
}

/** Times in groups that lie in the same few files: at most 1,000 each, within a quarter of a day. */
function clusters(times: readonly number[]): number[][] {
  const made: number[][] = [];
  for (const time of [...new Set(times)].toSorted((a, b) => a - b)) {
    const last = made.at(-1);
    if (last && last.length < 1000 && time - (last[0] ?? 0) < 21_600_000) last.push(time);
    else made.push([time]);
  }
  return made;
}

interface TiedIds {
  row_id: string;
  begin_event_id: string;
  end_event_id: string;
}

/** Rows that begin or end at one of these times, which are whole numbers. A step is at most a day. */
async function tiedIds(lake: Connection, times: readonly Tie['atMs'][]): Promise<TiedIds[]> {
  const list = times.map((time) => BigInt(time).toString()).join(', ');
  const relation = lake.relation('aggregated', { fromAt: (times[0] ?? 0) - 86_400_000, toAt: (times.at(-1) ?? 0) + 1 });
  return lake.query<TiedIds>(`SELECT row_id, begin_event_id, end_event_id FROM ${relation}
WHERE epoch_ms(beginsession) IN (${list}) OR epoch_ms(endsession) IN (${list})`);
}

function addBatch(rows: PartialRows, batch: RecordBatch): void {
  rows.add({
    length: batch.numRows,
    user_id: utf8Column(batch, 'user_id'),
    device_id: utf8Column(batch, 'device_id'),
    beginnavigation: utf8Column(batch, 'beginnavigation'),
    endnavigation: utf8Column(batch, 'endnavigation'),
    row_id: utf8Column(batch, 'row_id'),
    timeagg: numberColumn(batch, 'timeagg'),
    beginsession: numberColumn(batch, 'beginsession'),
    endsession: numberColumn(batch, 'endsession'),
    events: numberColumn(batch, 'events'),
  });
}

function columnData(batch: RecordBatch, name: string): Vector['data'][number] {
  const data = batch.getChild(name)?.data[0];
  if (!data) throw new TypeError(`column ${name}: missing in the answer; expected the columns of aggregated`);
  return data;
}

function utf8Column(batch: RecordBatch, name: string): Utf8Column {
  const data = columnData(batch, name);
  return { values: data.values as Uint8Array, offsets: data.valueOffsets, length: data.length };
}

function numberColumn(batch: RecordBatch, name: string): Float64Array {
  const data = columnData(batch, name);
  return (data.values as Float64Array).subarray(0, data.length);
}
