import { DeviceTypes, typeNames } from './device-types.ts';
import type { EventTimes } from './event-times.ts';
import type { PartialRows } from './partial-rows.ts';
import type { Sessions } from './sessionize.ts';
import { mondayOf, retentionFrom, retentionWeeks, weekMs } from './week.ts';

/** A stretch of time, milliseconds since 1970 UTC: `fromAt` inclusive, `toAt` exclusive. */
export interface TimeRange {
  fromAt: number;
  toAt: number;
}

/** What a session must be to count. A part that is absent lets all through. */
export interface Filters {
  /** device_id. */
  device?: string;
  /** device_type: mobile, computer, tablet, other, or unknown. */
  type?: string;
  user?: string;
  /** Name of the first event. */
  first?: string;
  /** Name of the last event. */
  last?: string;
  /** Name of an event that happened within the session. */
  event?: string;
  /** Whole seconds, `from` inclusive, `to` exclusive or null for no end. */
  duration?: { from: number; to: number | null };
  /** Weekday (0 is Sunday) and hour of the begin, UTC. */
  hour?: { day: number; hour: number };
}

/** Sessions by type of device. */
export interface TypeTotal {
  device_type: string;
  sessions: number;
  visitors: number;
  events: number;
  duration_sec: number;
}

/** Sessions by type of device and first event. */
export interface TreeCell {
  device_type: string;
  beginnavigation: string;
  duration_sec: number;
  events: number;
  sessions: number;
}

/** One session as a line of a table. */
export interface SessionLine {
  session_id: string;
  user_id: string;
  device_id: string;
  events: number;
  beginnavigation: string;
  endnavigation: string;
  beginsession: Date;
  endsession: Date;
  duration_sec: number;
}

/** All numbers on the dashboard. */
export interface Picture {
  sessions: number;
  events: number;
  visitors: number;
  /** Null where there is no session. */
  median_sec: number | null;
  p90_sec: number | null;
  total_sec: number;
  /** Sessions of one event. */
  single: number;
  /** Sessions and events of those that begin in [bucket, bucket + bucketMs). */
  overTime: { bucket: Date; sessions: number; events: number }[];
  bucketMs: number;
  /** By whole seconds, ascending; the duration filter does not apply. */
  byDuration: { duration_sec: number; sessions: number }[];
  /** Most sessions first; the filter on type does not apply. */
  types: TypeTotal[];
  /** Most seconds first; the filters on type and first event do not apply. */
  tree: TreeCell[];
  /** Begin-to-end pairs, most sessions first. */
  flow: { beginnavigation: string; endnavigation: string; sessions: number }[];
  /** Sessions by weekday (0 is Sunday) and hour, 7 x 24, at `day * 24 + hour`; the hour filter does not apply. */
  hours: number[];
  /** Visitors by the week first seen (a Monday) and how many weeks later they came again; the last 12 weeks. */
  retention: { cohort: Date; week: number; visitors: number }[];
  /** Newest first. */
  latest: SessionLine[];
}

export interface TallyOptions {
  range: TimeRange;
  filters?: Filters;
  /** What is known of devices. Default: an id that names a type is of that type. */
  deviceTypes?: DeviceTypes;
  /** When the events of the filter `event` happened; without them no session passes that filter. */
  eventTimes?: EventTimes;
  /** Width of a bar over time; by the data if absent. */
  bucketMs?: number;
  /** Most lines of `latest`. Default 50. */
  maxLines?: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Durations below this many seconds are counted in an array, the few others in a map. */
const countedSec = 100_000;

/** Bits of the filters a session fails. A tile ignores the filter that it sets itself, so that others can be chosen. */
const fails = { type: 1, first: 2, duration: 4, hour: 8, rest: 16 } as const;

/** Counts sessions that begin in the range: one pass for all tiles. A million sessions take some 30 ms. */
export function tally(rows: PartialRows, sessions: Sessions, options: TallyOptions): Picture {
  const { range, filters = {}, maxLines = 50 } = options;
  const types = (options.deviceTypes ?? new DeviceTypes()).codes(rows.devices.names);
  const test = tester(rows, { filters, types, eventTimes: options.eventTimes });
  const bucketMs = options.bucketMs ?? bucketFor(sessions, range, test);
  const counts = emptyCounts(rows);
  const latest: number[] = [];
  const seenFrom = retentionFrom(range);
  const weekZero = mondayOf(seenFrom);
  for (let at = 0; at < sessions.length; at += 1) {
    const begin = sessions.begin[at]!;
    if (begin < range.fromAt || begin >= range.toAt) continue;
    const key = sessions.key[at]!;
    const sec = Math.floor((sessions.end[at]! - begin) / 1000);
    const failed = test(sessions, at, sec);
    if ((failed & ~(fails.type | fails.first)) === 0) {
      const type = types[rows.keys.right(key)]!;
      const one = { sec, events: sessions.events[at]!, user: rows.keys.left(key) };
      countCell(counts, type * rows.names.size + sessions.first[at]!, one);
      if ((failed & fails.first) === 0) countType(counts, type, one);
    }
    if ((failed & ~fails.duration) === 0) countDuration(counts, sec);
    if ((failed & ~fails.hour) === 0) counts.hours[weekHour(begin)]! += 1;
    if (failed !== 0) continue;
    counts.sessions += 1;
    counts.events += sessions.events[at]!;
    counts.totalSec += sec;
    if (sessions.events[at] === 1) counts.single += 1;
    counts.users[rows.keys.left(key)] = 1;
    countShown(counts, sec);
    const bucket = Math.floor(begin / bucketMs);
    const bar = counts.overTime.get(bucket);
    if (bar) {
      bar.sessions += 1;
      bar.events += sessions.events[at]!;
    } else counts.overTime.set(bucket, { sessions: 1, events: sessions.events[at]! });
    const pair = sessions.first[at]! * rows.names.size + sessions.last[at]!;
    counts.flow.set(pair, (counts.flow.get(pair) ?? 0) + 1);
    if (begin >= seenFrom) counts.weeks[rows.keys.left(key)]! |= 1 << Math.floor((mondayOf(begin) - weekZero) / weekMs);
    keepLatest(latest, at, sessions, maxLines);
  }
  return picture(rows, sessions, { counts, latest, bucketMs, weekZero });
}

interface Counts {
  sessions: number;
  events: number;
  totalSec: number;
  single: number;
  users: Uint8Array;
  /** Of each user, a bit a week. */
  weeks: Int32Array;
  /** Durations that pass all but the duration filter, and those that pass it too. */
  durations: { array: Uint32Array; far: Map<number, number> };
  shown: { array: Uint32Array; far: Map<number, number> };
  overTime: Map<number, { sessions: number; events: number }>;
  flow: Map<number, number>;
  hours: number[];
  types: Omit<TypeTotal, 'device_type'>[];
  /** Of each user, a bit a type. */
  typesOfUser: Uint8Array;
  /** At type * names + first. */
  tree: Map<number, Omit<TreeCell, 'device_type' | 'beginnavigation'>>;
}

function emptyCounts(rows: PartialRows): Counts {
  return {
    sessions: 0,
    events: 0,
    totalSec: 0,
    single: 0,
    users: new Uint8Array(rows.users.size),
    weeks: new Int32Array(rows.users.size),
    durations: { array: new Uint32Array(countedSec), far: new Map() },
    shown: { array: new Uint32Array(countedSec), far: new Map() },
    overTime: new Map(),
    flow: new Map(),
    hours: Array.from({ length: 168 }, () => 0),
    types: typeNames.map(() => ({ sessions: 0, visitors: 0, events: 0, duration_sec: 0 })),
    typesOfUser: new Uint8Array(rows.users.size),
    tree: new Map(),
  };
}

function countDuration({ durations }: Counts, sec: number): void {
  if (sec < countedSec) durations.array[sec]! += 1;
  else durations.far.set(sec, (durations.far.get(sec) ?? 0) + 1);
}

function countShown({ shown }: Counts, sec: number): void {
  if (sec < countedSec) shown.array[sec]! += 1;
  else shown.far.set(sec, (shown.far.get(sec) ?? 0) + 1);
}

interface OneSession {
  sec: number;
  events: number;
  user: number;
}

function countType(counts: Counts, type: number, { sec, events, user }: OneSession): void {
  const total = counts.types[type]!;
  total.sessions += 1;
  total.events += events;
  total.duration_sec += sec;
  const bit = 1 << type;
  if (counts.typesOfUser[user]! & bit) return;
  counts.typesOfUser[user]! |= bit;
  total.visitors += 1;
}

function countCell(counts: Counts, place: number, { sec, events }: OneSession): void {
  const cell = counts.tree.get(place);
  if (cell) {
    cell.duration_sec += sec;
    cell.events += events;
    cell.sessions += 1;
  } else counts.tree.set(place, { duration_sec: sec, events, sessions: 1 });
}

/** 0 to 167; 1970 began on a Thursday. */
function weekHour(at: number): number {
  return ((Math.floor(at / dayMs) + 4) % 7) * 24 + Math.floor((at % dayMs) / hourMs);
}

type Test = (sessions: Sessions, at: number, sec: number) => number;

/** A function that gives the bits of the filters a session fails; 0 counts everywhere. */
function tester(
  rows: PartialRows,
  { filters, types, eventTimes }: { filters: Filters; types: Uint8Array; eventTimes: EventTimes | undefined },
): Test {
  const { duration, hour, event } = filters;
  const to = duration?.to ?? Number.POSITIVE_INFINITY;
  const wanted = {
    device: filters.device === undefined ? null : rows.devices.find(filters.device),
    user: filters.user === undefined ? null : rows.users.find(filters.user),
    first: filters.first === undefined ? null : rows.names.find(filters.first),
    last: filters.last === undefined ? null : rows.names.find(filters.last),
    type: filters.type === undefined ? null : typeNames.indexOf(filters.type),
    hour: hour ? hour.day * 24 + hour.hour : null,
  };
  if (Object.values(filters).every((filter) => filter === undefined)) return () => 0;
  return (sessions, at, sec) => {
    const key = sessions.key[at]!;
    let failed = 0;
    if (wanted.type !== null && types[rows.keys.right(key)] !== wanted.type) failed |= fails.type;
    if (wanted.first !== null && sessions.first[at] !== wanted.first) failed |= fails.first;
    if (duration && (sec < duration.from || sec >= to)) failed |= fails.duration;
    if (wanted.hour !== null && weekHour(sessions.begin[at]!) !== wanted.hour) failed |= fails.hour;
    if (wanted.user !== null && rows.keys.left(key) !== wanted.user) failed |= fails.rest;
    if (wanted.device !== null && rows.keys.right(key) !== wanted.device) failed |= fails.rest;
    if (wanted.last !== null && sessions.last[at] !== wanted.last) failed |= fails.rest;
    if (
      event !== undefined &&
      (failed & fails.rest) === 0 &&
      !eventTimes?.within(key, sessions.begin[at]!, sessions.end[at]!)
    ) {
      failed |= fails.rest;
    }
    return failed;
  };
}

/** Keeps the places of the newest sessions, newest first; equal begins in the order of their place. */
function keepLatest(latest: number[], at: number, sessions: Sessions, most: number): void {
  const begin = sessions.begin[at]!;
  const oldest = latest.at(-1);
  if (latest.length === most && oldest !== undefined && begin <= sessions.begin[oldest]!) return;
  let place = latest.length;
  while (place > 0 && sessions.begin[latest[place - 1]!]! < begin) place -= 1;
  latest.splice(place, 0, at);
  if (latest.length > most) latest.pop();
}

function picture(
  rows: PartialRows,
  sessions: Sessions,
  found: { counts: Counts; latest: readonly number[]; bucketMs: number; weekZero: number },
): Picture {
  const { counts, latest, bucketMs, weekZero } = found;
  const shown = histogram(counts.shown);
  return {
    sessions: counts.sessions,
    events: counts.events,
    visitors: counts.users.reduce((sum, seen) => sum + seen, 0),
    median_sec: quantile(shown, counts.sessions, 0.5),
    p90_sec: quantile(shown, counts.sessions, 0.9),
    total_sec: counts.totalSec,
    single: counts.single,
    overTime: [...counts.overTime]
      .toSorted(([a], [b]) => a - b)
      .map(([bucket, bar]) => ({ bucket: new Date(bucket * bucketMs), ...bar })),
    bucketMs,
    byDuration: histogram(counts.durations),
    types: typesOf(counts.types),
    tree: treeOf(rows, counts.tree),
    flow: flowOf(rows, counts.flow),
    hours: counts.hours,
    retention: retentionOf(counts.weeks, weekZero),
    latest: latest.map((at) => lineOf(rows, sessions, at)),
  };
}

function typesOf(totals: Counts['types']): TypeTotal[] {
  return totals
    .map((total, type) => ({ device_type: typeNames[type] ?? '', ...total }))
    .filter(({ sessions }) => sessions > 0)
    .toSorted((a, b) => b.sessions - a.sessions || compareTexts(a.device_type, b.device_type));
}

function treeOf(rows: PartialRows, tree: Counts['tree']): TreeCell[] {
  const names = rows.names.names;
  return [...tree]
    .map(([place, cell]) => ({
      device_type: typeNames[Math.floor(place / names.length)] ?? '',
      beginnavigation: names[place % names.length] ?? '',
      ...cell,
    }))
    .toSorted(
      (a, b) =>
        b.duration_sec - a.duration_sec ||
        b.sessions - a.sessions ||
        compareTexts(a.device_type, b.device_type) ||
        compareTexts(a.beginnavigation, b.beginnavigation),
    );
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function histogram({ array, far }: Counts['durations']): Picture['byDuration'] {
  const counts: Picture['byDuration'] = [];
  for (let sec = 0; sec < countedSec; sec += 1) {
    if (array[sec]! > 0) counts.push({ duration_sec: sec, sessions: array[sec]! });
  }
  const rest = [...far].toSorted(([a], [b]) => a - b);
  return [...counts, ...rest.map(([duration_sec, sessions]) => ({ duration_sec, sessions }))];
}

/** As quantile_cont and median of SQL: between two values, on the line between them. */
function quantile(counts: Picture['byDuration'], total: number, share: number): number | null {
  if (total === 0) return null;
  const place = (total - 1) * share;
  const low = valueAt(counts, Math.floor(place));
  const high = valueAt(counts, Math.ceil(place));
  return low + (high - low) * (place - Math.floor(place));
}

function valueAt(counts: Picture['byDuration'], place: number): number {
  let before = 0;
  for (const { duration_sec, sessions } of counts) {
    before += sessions;
    if (place < before) return duration_sec;
  }
  return 0;
}

function retentionOf(users: Int32Array, weekZero: number): Picture['retention'] {
  const visitors = Array.from({ length: retentionWeeks ** 2 }, () => 0);
  for (const weeks of users) {
    if (weeks === 0) continue;
    const first = 31 - Math.clz32(weeks & -weeks);
    for (let week = first; week < retentionWeeks; week += 1) {
      if (weeks & (1 << week)) visitors[first * retentionWeeks + week - first]! += 1;
    }
  }
  return visitors
    .map((count, place) => ({
      cohort: new Date(weekZero + Math.floor(place / retentionWeeks) * weekMs),
      week: place % retentionWeeks,
      visitors: count,
    }))
    .filter((cell) => cell.visitors > 0);
}

function flowOf(rows: PartialRows, flow: Map<number, number>): Picture['flow'] {
  const names = rows.names.names;
  return [...flow]
    .map(([pair, sessions]) => ({
      beginnavigation: names[Math.floor(pair / names.length)] ?? '',
      endnavigation: names[pair % names.length] ?? '',
      sessions,
    }))
    .toSorted((a, b) => b.sessions - a.sessions);
}

function lineOf(rows: PartialRows, sessions: Sessions, at: number): SessionLine {
  const key = sessions.key[at]!;
  const user_id = rows.users.name(rows.keys.left(key));
  const device_id = rows.devices.name(rows.keys.right(key));
  const label = `${user_id}_${device_id.slice(0, 3)}${Math.floor(sessions.timeagg[at]! / 1000)}`;
  return {
    session_id: label.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
    user_id,
    device_id,
    events: sessions.events[at]!,
    beginnavigation: rows.names.name(sessions.first[at]!),
    endnavigation: rows.names.name(sessions.last[at]!),
    beginsession: new Date(sessions.begin[at]!),
    endsession: new Date(sessions.end[at]!),
    duration_sec: Math.floor((sessions.end[at]! - sessions.begin[at]!) / 1000),
  };
}

const minuteMs = 60_000;
const buckets = [0.5, 1, 5, 15, 60, 180, 360, 1440, 1440 * 7, 1440 * 28].map((minutes) => minutes * minuteMs);

/** The finest bar that cuts the sessions of the range into at most 72. */
function bucketFor(sessions: Sessions, range: TimeRange, test: Test): number {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < sessions.length; at += 1) {
    const begin = sessions.begin[at]!;
    if (begin < range.fromAt || begin >= range.toAt) continue;
    if (test(sessions, at, Math.floor((sessions.end[at]! - begin) / 1000)) !== 0) continue;
    if (begin < first) first = begin;
    if (begin > last) last = begin;
  }
  const spanMs = last > first ? last - first : 0;
  return buckets.find((ms) => spanMs / ms <= 72) ?? 1440 * 28 * minuteMs;
}
