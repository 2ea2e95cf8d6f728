import type { Connection } from '../connect.ts';
import { byDurationSql, devicesSql, headlineSql, latestSql, overTimeSql } from '../sql/picture.ts';

/** A stretch of time, milliseconds since 1970 UTC: `fromAt` inclusive, `toAt` exclusive. */
export interface TimeRange {
  fromAt: number;
  toAt: number;
}

/** One merged session as the table shows it. */
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

export interface DeviceTotal {
  device_id: string;
  duration_sec: number;
  events: number;
  sessions: number;
}

/** All numbers on the dashboard, for one range. */
export interface Picture {
  sessions: number;
  events: number;
  visitors: number;
  /** Null where there is no session. */
  median_sec: number | null;
  total_sec: number;
  /** Sessions and events that begin in [at, at + bucketMs). */
  overTime: { at: Date; sessions: number; events: number }[];
  bucketMs: number;
  byDuration: { duration_sec: number; sessions: number }[];
  devices: DeviceTotal[];
  latest: SessionLine[];
}

type Headline = Pick<Picture, 'sessions' | 'events' | 'visitors' | 'median_sec' | 'total_sec'> & {
  first_at: Date | null;
  last_at: Date | null;
};

/** Asks the lake for the whole picture of a range. */
export async function takePicture(lake: Connection, range: TimeRange): Promise<Picture> {
  const values = [new Date(range.fromAt), new Date(range.toAt)];
  const [headline] = await lake.query<Headline>(headlineSql, values);
  if (!headline) throw new RangeError('headline: no row; expected one');
  const bucketMs = bucketFor(headline.first_at, headline.last_at);
  return {
    ...headline,
    bucketMs,
    overTime: await lake.query(overTimeSql, [bucketMs, ...values]),
    byDuration: await lake.query(byDurationSql, values),
    devices: await lake.query(devicesSql, values),
    latest: await lake.query(latestSql, values),
  };
}

const minuteMs = 60_000;
const buckets = [0.5, 1, 5, 15, 60, 180, 360, 1440, 1440 * 7, 1440 * 28].map((minutes) => minutes * minuteMs);

/** The finest bucket that cuts the data into at most 72 bars. */
function bucketFor(first: Date | null, last: Date | null): number {
  const spanMs = first && last ? last.getTime() - first.getTime() : 0;
  return buckets.find((ms) => spanMs / ms <= 72) ?? 1440 * 28 * minuteMs;
}
