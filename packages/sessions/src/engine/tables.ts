import type { SessionRow } from '@taphouse/schema';
import type { Names } from './names.ts';
import type { NumberQueue } from './number-queue.ts';
import { type OpenWindows, beginId, endId, openId, samePlace } from './open-windows.ts';
import { recordWords } from './records.ts';
import type { SeenEvents } from './seen-events.ts';
import { sessionId } from './session-id.ts';
import type { SavedWindow } from './snapshot.ts';
import type { Visitors } from './visitors.ts';

/** The tables of an engine: a window names its visitor, its ids and its events' names by their numbers in the others. */
export interface Tables {
  readonly visitors: Visitors;
  readonly windows: OpenWindows;
  readonly names: Names;
  readonly seen: SeenEvents;
  /** Open windows, the next to close first: all have one range, so they close in the order in which they opened. */
  readonly queue: NumberQueue;
  readonly stepMs: number;
}

/** A window's id, one of `beginId`, `endId`, `openId`. */
export function idOf({ windows, seen }: Tables, window: number, id: typeof beginId): string {
  const { words } = windows.records;
  const base = window * recordWords;
  return seen.idAt(words[base + id.word] as number, ((words[base + 14] as number) >>> id.shift) & 63);
}

/** The row of a window as it stands. */
export function rowOf(tables: Tables, window: number, configHash: string): SessionRow {
  const { visitors, windows, names } = tables;
  const { words, doubles } = windows.records;
  const base = window * recordWords;
  const visitor = words[base] as number;
  const userId = visitors.userId(visitor);
  const deviceId = visitors.deviceId(visitor);
  const timeagg = doubles[window * 8 + 1] as number;
  const beginMs = words[base + 12] as number;
  const endMs = words[base + 13] as number;
  const begin = idOf(tables, window, beginId);
  return {
    session_id: sessionId(userId, deviceId, timeagg),
    user_id: userId,
    device_id: deviceId,
    timeagg,
    events: words[base + 6] as number,
    beginnavigation: names.nameOf(words[base + 7] as number),
    endnavigation: names.nameOf(words[base + 8] as number),
    beginsession: timeagg + beginMs,
    endsession: timeagg + endMs,
    duration_sec: Math.floor((endMs - beginMs) / 1000),
    begin_event_id: begin,
    end_event_id: samePlace(words, base, endId, beginId) ? begin : idOf(tables, window, endId),
    window_open: doubles[window * 8 + 2] as number,
    // An event opens one window at most, because its copies are not counted.
    row_id: `${configHash}/${samePlace(words, base, openId, beginId) ? begin : idOf(tables, window, openId)}`,
  };
}

/** A window as a snapshot has it. */
export function savedWindow(tables: Tables, window: number): SavedWindow {
  const { visitors, windows, names } = tables;
  const { words, doubles } = windows.records;
  const base = window * recordWords;
  const visitor = words[base] as number;
  return {
    serial: (words[base + 1] as number) >>> 0,
    userId: visitors.userId(visitor),
    deviceId: visitors.deviceId(visitor),
    timeagg: doubles[window * 8 + 1] as number,
    openAt: doubles[window * 8 + 2] as number,
    events: words[base + 6] as number,
    beginMs: words[base + 12] as number,
    endMs: words[base + 13] as number,
    beginName: names.nameOf(words[base + 7] as number),
    endName: names.nameOf(words[base + 8] as number),
    beginId: idOf(tables, window, beginId),
    endId: idOf(tables, window, endId),
    openId: idOf(tables, window, openId),
  };
}
