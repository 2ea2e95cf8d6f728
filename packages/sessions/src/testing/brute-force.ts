/** Sessions found the slow way, from sets of events; shares no code with the engine or the SQL. */
import type { ClickEvent, SessionRow } from '@taphouse/schema';

/** What two ways of finding sessions must agree on. */
export interface Session {
  key: string;
  events: number;
  begin: string;
  end: string;
}

/** Sessions of each bucket of `stepMs`, by key. */
export function sessionsOf(events: readonly ClickEvent[], stepMs: number): Session[] {
  const distinct = [...new Map(events.toReversed().map((event) => [event.event_id, event])).values()];
  const groups = Map.groupBy(distinct, (event) =>
    JSON.stringify([event.user_id, event.device_id, Math.floor(event.client_timestamp / stepMs) * stepMs]),
  );
  return sorted([...groups].map(([key, group]) => session(key, group)));
}

/** Sessions of events no more than `gapMs` apart, by (user_id, device_id, begin). */
export function lagSessionsOf(events: readonly ClickEvent[], gapMs: number): Session[] {
  const distinct = [...new Map(events.toReversed().map((event) => [event.event_id, event])).values()];
  const visitors = Map.groupBy(distinct, (event) => JSON.stringify([event.user_id, event.device_id]));
  return sorted([...visitors.values()].flatMap((clicks) => islands(clicks, gapMs).map(lagSession)));
}

/** Groups any two of which are joined by steps of at most `gapMs`. */
function islands(clicks: readonly ClickEvent[], gapMs: number): ClickEvent[][] {
  const groups: ClickEvent[][] = [];
  for (const click of clicks) {
    const isNear = (other: ClickEvent): boolean => Math.abs(other.client_timestamp - click.client_timestamp) <= gapMs;
    const near = groups.filter((group) => group.some(isNear));
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([click, ...near.flat()]);
  }
  return groups;
}

function lagSession(group: ClickEvent[]): Session {
  const [first] = group as [ClickEvent];
  const begin = Math.min(...group.map((event) => event.client_timestamp));
  return session(JSON.stringify([first.user_id, first.device_id, begin]), group);
}

function session(key: string, group: ClickEvent[]): Session {
  const points = group.map((event) => point(event.client_timestamp, event.event_id, event.client_event)).toSorted();
  return { key, events: points.length, begin: points[0] as string, end: points.at(-1) as string };
}

/** The rows of the engine, copies of a row dropped, merged by key as the view `sessions` does. */
export function mergedRows(rows: readonly SessionRow[]): Session[] {
  const distinct = [...new Map(rows.map((row) => [row.row_id, row])).values()];
  const groups = Map.groupBy(distinct, (row) => JSON.stringify([row.user_id, row.device_id, row.timeagg]));
  return sorted([...groups].map(([key, group]) => merged(key, group)));
}

/** The rows joined as `sessions_within(gap)` does: by the distance of their intervals, an exact gap included. */
export function mergedWithin(rows: readonly SessionRow[], gapMs: number): Session[] {
  const visitors = Map.groupBy(rows, (row) => JSON.stringify([row.user_id, row.device_id]));
  return sorted([...visitors.values()].flatMap((of) => joinedRows(of, gapMs).map(lagRow)));
}

function joinedRows(rows: readonly SessionRow[], gapMs: number): SessionRow[][] {
  const groups: SessionRow[][] = [];
  for (const row of rows) {
    const isNear = (other: SessionRow): boolean =>
      row.beginsession - other.endsession <= gapMs && other.beginsession - row.endsession <= gapMs;
    const near = groups.filter((group) => group.some(isNear));
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([row, ...near.flat()]);
  }
  return groups;
}

function lagRow(rows: SessionRow[]): Session {
  const [first] = rows as [SessionRow];
  const begin = Math.min(...rows.map((row) => row.beginsession));
  return merged(JSON.stringify([first.user_id, first.device_id, begin]), rows);
}

function merged(key: string, rows: SessionRow[]): Session {
  const begins = rows.map((row) => point(row.beginsession, row.begin_event_id, row.beginnavigation)).toSorted();
  const ends = rows.map((row) => point(row.endsession, row.end_event_id, row.endnavigation)).toSorted();
  const events = rows.reduce((sum, row) => sum + row.events, 0);
  return { key, events, begin: begins[0] as string, end: ends.at(-1) as string };
}

/** Sorts as (time, id) does. */
function point(at: number, id: string, name: string): string {
  return `${String(at).padStart(15, '0')} ${id} ${name}`;
}

function sorted(sessions: Session[]): Session[] {
  return sessions.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
