import type { StaggerWindow } from '../stagger-window.ts';
import { ByteReader, ByteWriter } from './byte-writer.ts';
import { type SeenRun, horizonMs } from './seen-events.ts';

/** What a part of a snapshot says of the engine as a whole. */
export interface SnapshotHead {
  window: StaggerWindow;
  /** Infinity: no bound. */
  maxOpenWindows: number;
  clockAt: number;
  events: number;
  duplicates: number;
  late: number;
  /** Serial of the next window to open; after 2^32 windows they start again at 0. */
  nextSerial: number;
  /** Serial of the oldest open window: all before it have closed. `nextSerial` if none is open. */
  firstSerial: number;
  /** Whether the memory of events is kept apart, in a store. */
  seenApart: boolean;
}

export interface SavedWindow {
  serial: number;
  userId: string;
  deviceId: string;
  timeagg: number;
  openAt: number;
  events: number;
  beginMs: number;
  endMs: number;
  beginName: string;
  endName: string;
  beginId: string;
  endId: string;
  openId: string;
}

/** Format 3 is 2 without the memory of events, so that a version that knows no store does not go on without it. */
const format = { whole: 2, seenApart: 3 };

/** Writes a part: the head, then what changed (or all there is); `seen` is undefined if it is kept apart. */
export function writeSnapshot(
  head: SnapshotHead,
  seen: Iterable<SeenRun> | undefined,
  windows: Iterable<SavedWindow>,
): Uint8Array {
  const out = new ByteWriter();
  out.uint32(seen ? format.whole : format.seenApart);
  for (const number of [head.window.stepMs, head.window.rangeMs, head.maxOpenWindows]) out.double(number);
  for (const number of [head.clockAt, head.events, head.duplicates, head.late]) out.double(number);
  out.uint32(head.nextSerial);
  out.uint32(head.firstSerial);
  writeList(out, seen ?? [], writeSeen);
  writeList(out, windows, writeWindow);
  return out.bytes();
}

/**
 * Reads the head of a part.
 *
 * @throws RangeError if it is of another format
 */
export function readHead(part: Uint8Array): SnapshotHead {
  return head(new ByteReader(part));
}

/** Calls `onSeen` for each record of a part, then gives its windows that are still open by `last`. */
export function readPart(part: Uint8Array, last: SnapshotHead, onSeen: (run: SeenRun) => void): SavedWindow[] {
  const from = new ByteReader(part);
  head(from);
  for (let count = from.uint32(); count > 0; count -= 1) onSeen(readSeen(from));
  const windows: SavedWindow[] = [];
  for (let count = from.uint32(); count > 0; count -= 1) {
    const window = readWindow(from);
    if (((window.serial - last.firstSerial) | 0) >= 0) windows.push(window);
  }
  return windows;
}

/** Windows of several parts in the order in which they opened, each as the last part has it. */
export function latestWindows(windows: readonly SavedWindow[]): SavedWindow[] {
  const latest = new Map(windows.map((window) => [window.serial, window]));
  return [...latest.values()].toSorted((a, b) => (a.serial - b.serial) | 0);
}

/** One part in the place of several that follow each other. */
export function mergeSnapshots(parts: readonly Uint8Array[]): Uint8Array {
  const last = lastHead(parts);
  const seen = new Map<string, SeenRun>();
  const keep = (run: SeenRun): void => void seen.set(`${run.width} ${run.chunk} ${run.prefix}`, run);
  const windows = parts.flatMap((part) => readPart(part, last, keep));
  const remembered = [...seen.values()].filter((run) => run.lastAt >= last.clockAt - horizonMs);
  return writeSnapshot(last, last.seenApart ? undefined : remembered, latestWindows(windows));
}

/**
 * The head of the last part.
 *
 * @throws RangeError if there is none
 */
export function lastHead(parts: readonly Uint8Array[]): SnapshotHead {
  const last = parts.at(-1);
  if (!last) throw new RangeError('snapshot: no parts; give the snapshot and the changes since');
  return readHead(last);
}

function head(from: ByteReader): SnapshotHead {
  const found = from.uint32();
  if (found !== format.whole && found !== format.seenApart)
    throw new RangeError(`snapshot: format ${found}, this version reads 2 and 3; start the version that wrote it`);
  const window = { stepMs: from.double(), rangeMs: from.double() };
  const maxOpenWindows = from.double();
  const counts = { clockAt: from.double(), events: from.double(), duplicates: from.double(), late: from.double() };
  const serials = { nextSerial: from.uint32(), firstSerial: from.uint32() };
  return { window, maxOpenWindows, ...counts, ...serials, seenApart: found === format.seenApart };
}

function writeSeen(out: ByteWriter, run: SeenRun): void {
  out.text(run.prefix);
  for (const number of [run.width, run.chunk, run.low, run.high]) out.uint32(number);
  out.double(run.lastAt);
}

function readSeen(from: ByteReader): SeenRun {
  const prefix = from.text();
  const [width, chunk, low, high] = [from.uint32(), from.uint32(), from.uint32(), from.uint32()];
  return { prefix, width, chunk, low, high, lastAt: from.double() };
}

function writeWindow(out: ByteWriter, window: SavedWindow): void {
  for (const number of [window.serial, window.events, window.beginMs, window.endMs]) out.uint32(number);
  out.double(window.timeagg);
  out.double(window.openAt);
  for (const text of [window.userId, window.deviceId, window.beginName, window.endName]) out.text(text);
  for (const text of [window.beginId, window.endId, window.openId]) out.text(text);
}

function readWindow(from: ByteReader): SavedWindow {
  const [serial, events, beginMs, endMs] = [from.uint32(), from.uint32(), from.uint32(), from.uint32()];
  const [timeagg, openAt] = [from.double(), from.double()];
  const [userId, deviceId, beginName, endName] = [from.text(), from.text(), from.text(), from.text()];
  const ids = { beginId: from.text(), endId: from.text(), openId: from.text() };
  return { serial, userId, deviceId, timeagg, openAt, events, beginMs, endMs, beginName, endName, ...ids };
}

function writeList<T>(out: ByteWriter, list: Iterable<T>, write: (out: ByteWriter, item: T) => void): void {
  const at = out.length;
  out.uint32(0);
  let count = 0;
  for (const item of list) {
    write(out, item);
    count += 1;
  }
  out.setUint32(at, count);
}
