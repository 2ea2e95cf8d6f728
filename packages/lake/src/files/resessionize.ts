import type { Manifest, ManifestFile, Mark } from '@taphouse/schema';
import { batchSessions, duckdbViews } from '@taphouse/sessions/sql';

import { dayMs, dayOf } from './day-files.ts';
import { readErasedUsers } from './erased-users.ts';
import { sortOrder } from './parquet-writer.ts';
import { type Room, columnNames, copyOut, exchangeFiles, manifestOf, storeFiles, withFiles } from './room.ts';

/** A range of UTC days. */
export interface DayRange {
  /** A time in the first day, milliseconds since 1970 UTC. */
  from: number;
  /** A time in the last day, milliseconds since 1970 UTC. */
  to: number;
  /**
   * Visitors heard of in the last so many milliseconds of the arrival clock are left alone: their windows may be open.
   * At least the windows' range. Default 900,000, or twice the longest step of any window in the lake if that is more.
   */
  settleMs?: number;
}

export interface ResessionizeOptions extends DayRange {
  /** Step of the new rows, milliseconds; a day must be a multiple of it. */
  stepMs: number;
  /** Told after each day. */
  onProgress?: (done: { days: number; ofDays: number; rows: number }) => void;
}

export interface ResessionizeReport {
  days: number;
  rowsBefore: number;
  rowsAfter: number;
  /** Rows left as they were, of visitors whose windows may be open. */
  rowsLeft: number;
  /** Such visitors, counted by day; run it again later for them. */
  visitorsLeft: number;
}

/** Where rows and events do not say the same. */
export interface CheckReport {
  /** Sessions compared. */
  sessions: number;
  /** Visitors left out, as their windows may be open. */
  visitorsLeft: number;
  /** Sessions of the events that no rows give. */
  missing: number;
  /** Sessions of the rows that no events give. */
  unfounded: number;
  /** Some of both, to look at. */
  examples: Record<string, unknown>[];
}

/** `aggregated` cannot be made of `rawdata` as asked. */
export class ResessionizeError extends Error {
  override readonly name = 'ResessionizeError';
}

const leastSettleMs = 15 * 60_000;
const maxTries = 5;
/** By which days that have events and no row at all are compared. */
const stepWithoutRows = 30_000;

/**
 * Makes the rows of some days anew from `rawdata`, with any step, and puts them in the place of the old ones in one
 * new manifest, beside a pump that goes on writing.
 *
 * Rows of visitors with windows that may still be open are left as they are: their events would count twice when the
 * windows close. What arrives meanwhile is appended as ever and merges with the new rows.
 *
 * @throws ResessionizeError if `rawdata` no longer has all events of the days, a day is no multiple of the step of the
 * rows there are, or the days keep changing
 * @throws RangeError if a day is no multiple of `stepMs`
 */
export async function resessionize(room: Room, options: ResessionizeOptions): Promise<ResessionizeReport> {
  checkStep('resessionize', options.stepMs);
  for (let tries = 0; tries < maxTries; tries += 1) {
    const report = await tryResessionize(room, options);
    if (report) return report;
  }
  throw new ResessionizeError(`resessionize: another process kept merging files of these days; try again`);
}

async function tryResessionize(room: Room, options: ResessionizeOptions): Promise<ResessionizeReport | undefined> {
  const { stepMs, onProgress } = options;
  const range = daysOf(options);
  const erased = await readErasedUsers(room.store);
  const scene = await lookAt(room, options);
  refuseStepsAcrossMidnight(scene.old);
  const report = { days: 0, rowsBefore: sumRows(scene.old), rowsAfter: 0, rowsLeft: 0, visitorsLeft: 0 };
  const added: ManifestFile[] = [];
  for (const dayAt of range) {
    const ofDay = scene.old.filter(({ minAt }) => dayOf(minAt) === dayAt);
    const made = await withFiles(
      room,
      { aggregated: ofDay, rawdata: scene.events },
      async () => {
        await markUnsettled(room, scene.settledAt, dayAt, 1);
        await refuseLoss(room, dayAt, stepMs);
        report.visitorsLeft += await countRows(room, 'unsettled');
        const left = await countRows(room, 'aggregated SEMI JOIN unsettled USING (user_id, device_id)');
        return { left, files: await copyOut(room, 'aggregated', newRows(dayAt, stepMs)) };
      },
      { views: true },
    );
    const facts = {
      name: `resessionized-${stepMs}`,
      sealed: made.left === 0,
      stepMs: largest(stepMs, made.left, ofDay),
    };
    added.push(...(await storeFiles(room, 'aggregated', made.files, facts)));
    report.days += 1;
    report.rowsLeft += made.left;
    report.rowsAfter = sumRows(added);
    onProgress?.({ days: report.days, ofDays: range.length, rows: report.rowsAfter });
  }
  const removed = scene.old.map(({ path }) => path);
  // Who was erased meanwhile is in what was read, and must not come back.
  const holds = async (): Promise<boolean> => (await readErasedUsers(room.store)).tag === erased.tag;
  return (await exchangeFiles(room, 'aggregated', removed, added, { holds })) ? report : undefined;
}

/**
 * Compares the rows of some days, merged, with the batch query over the events: both must give the same sessions.
 * Rows of several steps are compared by the largest.
 *
 * @throws ResessionizeError if the days hold rows of steps of which the largest is no multiple, or which divides no day
 */
export async function checkSessions(room: Room, options: DayRange): Promise<CheckReport> {
  const scene = await lookAt(room, options);
  const steps = [...new Set(scene.old.map(({ stepMs }) => stepMs ?? 1))];
  const stepMs = steps.length > 0 ? Math.max(...steps) : stepWithoutRows;
  if (steps.some((each) => stepMs % each !== 0)) {
    throw new ResessionizeError(
      `check: rows of steps ${steps.join(' and ')} ms in these days; resessionize them to one`,
    );
  }
  if (!dividesDay(stepMs)) {
    throw new ResessionizeError(
      `check: rows of ${stepMs} ms in these days, a step that does not divide a day, so that some lie across midnight; they can not be checked`,
    );
  }
  // A label names the step it was made with.
  const columns = steps.length > 1 ? compared : `session_id, ${compared}`;
  const range = daysOf(options);
  const compare = async (): Promise<CheckReport> => {
    const from = range[0] ?? 0;
    await markUnsettled(room, scene.settledAt, from, range.length);
    for (const view of duckdbViews({ aggregated: rounded(stepMs) })) await room.db.run(view);
    await room.db.run(
      `CREATE OR REPLACE TEMP TABLE of_events AS SELECT ${columns} FROM (${batch(from, range.length, stepMs)})`,
    );
    await room.db.run(
      `CREATE OR REPLACE TEMP TABLE of_rows AS SELECT ${columns} FROM sessions ANTI JOIN unsettled USING (user_id, device_id)`,
    );
    return reportDifferences(room);
  };
  return withFiles(room, { aggregated: scene.old, rawdata: scene.events }, compare);
}

/** `aggregated` as if its windows had had a longer step. */
function rounded(stepMs: number): string {
  return `(SELECT * REPLACE (make_timestamp((epoch_ms(timeagg) - epoch_ms(timeagg) % ${stepMs}) * 1000) AS timeagg) FROM aggregated)`;
}

async function reportDifferences(room: Room): Promise<CheckReport> {
  const missing = '(FROM of_events EXCEPT FROM of_rows)';
  const unfounded = '(FROM of_rows EXCEPT FROM of_events)';
  const report = {
    sessions: await countRows(room, 'of_events'),
    visitorsLeft: await countRows(room, 'unsettled'),
    missing: await countRows(room, missing),
    unfounded: await countRows(room, unfounded),
    examples: await room.db.rows(
      `SELECT 'missing' AS fault, * FROM ${missing} UNION ALL SELECT 'unfounded' AS fault, * FROM ${unfounded}
       ORDER BY user_id, device_id, timeagg, fault LIMIT 10`,
    ),
  };
  await room.db.run('DROP TABLE of_events; DROP TABLE of_rows');
  return report;
}

/** All of a session but its label, and window_open and row_id, which tell how it came to be. */
const compared = `user_id, device_id, timeagg, events, beginnavigation, endnavigation, beginsession, endsession,
  duration_sec, begin_event_id, end_event_id`;

interface Scene {
  /** Files of `aggregated` in the range. */
  old: readonly ManifestFile[];
  /** All files of `rawdata`; their statistics say which to read. */
  events: readonly ManifestFile[];
  /** What arrived up to then is in closed windows, and their rows in `old`. */
  settledAt: number;
}

/** `aggregated` first: what its rows count is then in `rawdata`, which a commit writes first. */
async function lookAt(room: Room, options: DayRange): Promise<Scene> {
  const aggregated = await manifestOf(room, 'aggregated');
  const rawdata = await manifestOf(room, 'rawdata');
  const range = daysOf(options);
  const [first = 0, last = 0] = [range[0], range.at(-1)];
  return {
    old: aggregated.files.filter(({ minAt }) => minAt >= first && minAt < last + dayMs),
    events: rawdata.files,
    settledAt:
      settledTime(aggregated, rawdata) - (options.settleMs ?? settleTime([...aggregated.files, ...rawdata.files])),
  };
}

/** A window is open as long as its step is, and its last events come to the lake some seconds later. */
function settleTime(files: readonly ManifestFile[]): number {
  return files.reduce((longest, { stepMs = 0 }) => Math.max(longest, 2 * stepMs), leastSettleMs);
}

/** The arrival clock that all shards have passed, in both tables; no bound where all windows were closed. */
function settledTime(aggregated: Manifest, rawdata: Manifest): number {
  const shards = Object.keys({ ...aggregated.marks, ...rawdata.marks });
  return Math.min(Infinity, ...shards.map((shard) => passed(aggregated.marks[shard], rawdata.marks[shard])));
}

function passed(one: Mark | undefined, other: Mark | undefined): number {
  if (!one || !other) return -Infinity;
  const drained = one.drained && other.drained && one.position === other.position && one.clockAt === other.clockAt;
  return drained ? Infinity : Math.min(one.clockAt, other.clockAt);
}

/** Visitors whose windows on these days may be open: rows and events of theirs are left alone. */
async function markUnsettled(room: Room, settledAt: number, fromAt: number, days: number): Promise<void> {
  const recent = Number.isFinite(settledAt)
    ? `epoch_ms(received_at) > ${Math.floor(settledAt)}`
    : String(settledAt < 0);
  await room.db.run(
    `CREATE OR REPLACE TEMP TABLE unsettled AS
     SELECT DISTINCT user_id, device_id FROM rawdata WHERE ${recent} AND ${happened(fromAt, days)}`,
  );
}

function happened(fromAt: number, days: number): string {
  return `client_timestamp >= make_timestamp(${fromAt * 1000}) AND client_timestamp < make_timestamp(${(fromAt + days * dayMs) * 1000})`;
}

async function refuseLoss(room: Room, dayAt: number, stepMs: number): Promise<void> {
  const [row] = await room.db.rows(
    `SELECT (SELECT coalesce(sum(events), 0) FROM sessions ANTI JOIN unsettled USING (user_id, device_id)) AS had,
            (SELECT coalesce(sum(events), 0) FROM (${batch(dayAt, 1, stepMs)})) AS has`,
  );
  if (Number(row?.has) >= Number(row?.had)) return;
  const day = new Date(dayAt).toISOString().slice(0, 10);
  throw new ResessionizeError(
    `resessionize: rawdata has ${String(row?.has)} of the ${String(row?.had)} events that the rows of ${day} count; retention may have dropped the rest, so leave that day out`,
  );
}

function newRows(dayAt: number, stepMs: number): string {
  return `
SELECT ${columnNames('aggregated')} FROM (
  SELECT *, 'resessionized-${stepMs}/' || begin_event_id AS row_id FROM (${batch(dayAt, 1, stepMs)})
  UNION ALL BY NAME
  SELECT * FROM aggregated SEMI JOIN unsettled USING (user_id, device_id)
) ORDER BY ${sortOrder.aggregated}`;
}

/** Sessions of the events of some days, of settled visitors. */
function batch(fromAt: number, days: number, stepMs: number): string {
  const rawdata = `(SELECT * FROM rawdata ANTI JOIN unsettled USING (user_id, device_id) WHERE ${happened(fromAt, days)})`;
  return batchSessions({ stepMs, rawdata });
}

async function countRows(room: Room, relation: string): Promise<number> {
  const [row] = await room.db.rows(`SELECT count(*) AS n FROM ${relation}`);
  return Number(row?.n);
}

function daysOf({ from, to }: DayRange): number[] {
  if (!(from <= to))
    throw new RangeError(`days: from ${from} is after to ${to}; give milliseconds since 1970 in order`);
  const count = (dayOf(to) - dayOf(from)) / dayMs + 1;
  return Array.from({ length: count }, (_, index) => dayOf(from) + index * dayMs);
}

/** A bucket that crosses midnight would belong to a day outside of the range. */
function checkStep(who: string, stepMs: number): void {
  if (dividesDay(stepMs)) return;
  throw new RangeError(`${who}: step ${stepMs} ms does not divide a day; take one that does, such as 30000`);
}

function refuseStepsAcrossMidnight(old: readonly ManifestFile[]): void {
  const file = old.find(({ stepMs = 1 }) => !dividesDay(stepMs));
  if (file)
    throw new ResessionizeError(
      `resessionize: the step of the rows in ${file.path}, ${file.stepMs} ms, does not divide a day, so that rows lie across midnight; leave these days as they are`,
    );
}

function dividesDay(stepMs: number): boolean {
  return Number.isSafeInteger(stepMs) && stepMs > 0 && dayMs % stepMs === 0;
}

function largest(stepMs: number, left: number, old: readonly ManifestFile[]): number {
  return left === 0 ? stepMs : Math.max(stepMs, ...old.map((file) => file.stepMs ?? 0));
}

function sumRows(files: readonly ManifestFile[]): number {
  return files.reduce((rows, file) => rows + file.rows, 0);
}
