import type { ManifestFile } from '@taphouse/schema';
import type { Data, RecordBatch, Table, Utf8, Vector } from 'apache-arrow';

import type { Connection, RunOptions } from '../connect.ts';
import { QueryError } from '../query-error.ts';
import { sendQuery } from '../send-query.ts';
import type { Value } from '../sql/question.ts';
import { textValues } from '../text-values.ts';
import type { Utf8Column } from './intern.ts';
import type { PartialRows, Tie } from './partial-rows.ts';

/** 53 bits of a hash of `row_id`, for the id itself, another in each row, is most of a row's bytes. Copies share it. */
const rowNumberSql = 'CAST(hash(row_id) >> 11 AS DOUBLE)';
/** Columns of `aggregated` that the page keeps; times as milliseconds since 1970 UTC. */
const columnsSql = `user_id, device_id, beginnavigation, endnavigation, ${rowNumberSql} AS row_number,
  CAST(epoch_ms(timeagg) AS DOUBLE) AS timeagg,
  CAST(epoch_ms(beginsession) AS DOUBLE) AS beginsession,
  CAST(epoch_ms(endsession) AS DOUBLE) AS endsession,
  CAST(events AS DOUBLE) AS events`;

/** Rows of one message: while the page takes them in, DuckDB reads the next. */
const sliceRows = 70_000;
/** Rows asked for in one turn, so that DuckDB waits for no word of the page between two messages. */
const turnRows = 280_000;

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
  rows.reserve(rowsIn(files));
  const turns = parts(files, turnRows);
  let coming = fetchTurn(lake, turns[0]);
  for (const [index] of turns.entries()) {
    const reading = readTurn(lake, await coming, { ...options, take });
    // The files of the next turn come while DuckDB reads this one.
    coming = fetchTurn(lake, turns[index + 1]);
    await reading;
  }

  function take(table: Table): void {
    for (const batch of table.batches) addBatch(rows, batch);
    options.onRows?.(rows.length);
  }
}

/** A statement, and how many rows it must give. */
interface Slice {
  sql: string;
  rows: number;
}

function fetchTurn(lake: Connection, files: readonly ManifestFile[] = []): Promise<Slice[]> {
  const fetched = Promise.all(
    parts(files, sliceRows).map(async (slice) => ({
      sql: `SELECT ${columnsSql} FROM ${await lake.fetchFiles('aggregated', slice)}`,
      rows: rowsIn(slice),
    })),
  );
  // Asked ahead: nobody may be waiting for it yet when it fails.
  fetched.catch(() => {});
  return fetched;
}

/**
 * Rows of some slices, a message each, all asked for at once: a worker that sends batch by batch waits for the page to
 * ask for each, while the page is taking in the one before.
 */
function readTurn(
  lake: Connection,
  slices: readonly Slice[],
  { take, signal }: RunOptions & { take: (table: Table) => void },
): Promise<unknown> {
  return lake.use(
    (_, session) =>
      Promise.all(
        slices.map(async (slice) => {
          try {
            take(checked(await session.query(slice.sql), slice));
          } catch (cause) {
            throw signal?.aborted ? signal.reason : new QueryError(slice.sql, cause);
          }
        }),
      ),
    { withoutViews: true, ...(signal ? { signal } : {}) },
  );
}

/** What `query()` may lose of a file that goes while it is read, the count tells. */
function checked(table: Table, { rows }: Slice): Table {
  if (table.numRows === rows) return table;
  throw new Error(`${table.numRows} of ${rows} rows came; the lake may have changed, read its manifest again`);
}

/** Runs one statement that names its files, and gives its rows as Arrow has them: no object is made of a row. */
export function askTable(
  lake: Connection,
  sql: string,
  { values = [], ...options }: RunOptions & { values?: readonly Value[] } = {},
): Promise<Table> {
  const { signal } = options;
  return lake
    .use((_, session) => sendQuery(session, sql, values), { ...options, withoutViews: true })
    .catch((cause: unknown) => {
      throw signal?.aborted ? signal.reason : new QueryError(sql, cause);
    });
}

/** Files in groups of some `most` rows; a larger file is a group of its own. */
function parts(files: readonly ManifestFile[], most: number): ManifestFile[][] {
  const made: ManifestFile[][] = [];
  let room = 0;
  for (const file of files) {
    if (room < file.rows || made.length === 0) {
      made.push([]);
      room = most;
    }
    made.at(-1)?.push(file);
    room -= file.rows;
  }
  return made;
}

function rowsIn(files: readonly ManifestFile[]): number {
  return files.reduce((sum, file) => sum + file.rows, 0);
}

/** The numbers of rows with these ids, in their order. */
export async function rowNumbers(
  lake: Connection,
  rowIds: readonly string[],
  options: RunOptions = {},
): Promise<number[]> {
  if (rowIds.length === 0) return [];
  const sql = `SELECT ${rowNumberSql} AS row_number FROM (SELECT unnest(string_split(?, chr(10))) AS row_id)`;
  const table = await askTable(lake, sql, { ...options, values: [rowIds.join('\n')] });
  return table.batches.flatMap((batch) => [...columnOf(batch, 'row_number')]);
}

/** First and last event ids of rows, by the rows' numbers. */
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
  for (const group of groups(unknown)) {
    for (const found of await tiedIds(lake, group, options)) {
      ids.set(found.row_number, { begin: found.begin_event_id, end: found.end_event_id });
    }
  }
  if (ties.length > 0) rows.breakTies(ties, ids);
}

/** In the order of time, at most 1,000 in a group: as many as one statement takes. */
function groups(ties: readonly Tie[]): Tie[][] {
  const sorted = ties.toSorted((a, b) => a.timeagg - b.timeagg);
  return Array.from({ length: Math.ceil(sorted.length / 1000) }, (_, group) =>
    sorted.slice(group * 1000, (group + 1) * 1000),
  );
}

interface TiedIds {
  row_number: number;
  begin_event_id: string;
  end_event_id: string;
}

/** Rows that begin or end at one of these times, from the files that these rows are in. */
async function tiedIds(lake: Connection, ties: readonly Tie[], options: RunOptions): Promise<TiedIds[]> {
  // Whole numbers, checked by BigInt.
  const list = [...new Set(ties.map(({ atMs }) => BigInt(atMs)))].join(', ');
  const files = lake.manifests().aggregated?.files ?? [];
  const wanted = files.filter((file) => ties.some(({ timeagg }) => file.minAt <= timeagg && timeagg <= file.maxAt));
  const sql = `SELECT ${rowNumberSql} AS row_number, begin_event_id, end_event_id FROM ${await lake.fetchFiles('aggregated', wanted)}
WHERE epoch_ms(beginsession) IN (${list}) OR epoch_ms(endsession) IN (${list})`;
  const table = await askTable(lake, sql, options);
  return table.batches.flatMap((batch) => {
    const [begins, ends] = [textsOf(batch, 'begin_event_id'), textsOf(batch, 'end_event_id')];
    return Array.from(columnOf(batch, 'row_number'), (row_number, row) => ({
      row_number,
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
    row_number: columnOf(batch, 'row_number'),
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
  return textValues(columnData(batch, name) as Data<Utf8>).map((text) => text ?? '');
}
