import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';

import { type ClickEvent, type Limits, type ManifestFile, limits, parseBatch } from '@taphouse/schema';

import { dayMs, dayOf, fileKey, filePath, groupByDay } from './day-files.ts';
import { readErasedUsers } from './erased-users.ts';
import { writeParquet } from './parquet-writer.ts';
import { type ReadRecord, readRecords } from './read-records.ts';
import { resessionize } from './resessionize.ts';
import { type Room, changeTable, freshPath } from './room.ts';

export interface ImportOptions {
  /** A file, or a folder of them at any depth, such as `2019/06/28/12/…` of Firehose. JSON, gzip or not. */
  path: string;
  /** Step of the sessions made of the events, milliseconds; null to make none yet. Default 30,000. */
  stepMs?: number | null;
  /** Most events held at once. Default 200,000. */
  maxEvents?: number;
  /** Told after each commit. */
  onProgress?: (progress: ImportProgress) => void;
  /** Told of each record that is no event. */
  onRefused?: (refused: { path: string; number: number; reason: string }) => void;
}

export interface ImportProgress {
  files: number;
  ofFiles: number;
  bytes: number;
  ofBytes: number;
  events: number;
  refused: number;
}

export interface ImportReport extends ImportProgress {
  /** Files left out, as they were taken in before. */
  skipped: number;
  /** Rows of `aggregated` made; 0 if none were asked for. */
  sessions: number;
  /** Visitors whose windows may still be open, day by day: the next import, of whatever, makes their sessions. */
  visitorsLeft: number;
}

/** Files that were taken in, by what identifies them, in `imported.json`. */
interface Ledger {
  format: 1;
  files: Record<string, { events: number; refused: number }>;
  /** Days whose sessions are still to be made. */
  days: number[];
}

interface Source {
  /** Where it is. */
  path: string;
  /** Below the folder that was named, so that a moved folder is the same one. */
  name: string;
  /**
   * Of `name` and the first record: makes event ids. Another day's file may have the same name, and one that has grown
   * has the same first record.
   */
  identity: string;
  bytes: number;
}

const ledgerKey = 'imported.json';

/** Old events are what an import is for. */
const importLimits: Limits = { ...limits, maxAgeMs: Infinity, maxAheadMs: Infinity };

/**
 * Takes in old events. A record without an `event_id` gets one made of its file's name and first record and its place
 * in it, so that the same file gives the same events however often it is read; without a `received_at`, it arrived when it happened.
 * Commits are by some 200,000 events; a file counts as taken in when all its events are committed.
 */
export async function importFiles(room: Room, options: ImportOptions): Promise<ImportReport> {
  const ledger = await readLedger(room);
  const all = await findSources(options.path);
  const sources = all.filter((source) => !isTaken(source, ledger));
  const run = new ImportRun(room, options, ledger, sources);
  for (const source of sources) await run.take(source);
  await run.commit();
  const made = options.stepMs === null ? noSessions : await makeSessions(room, run.days, options.stepMs ?? 30_000);
  if (options.stepMs !== null && run.days.size > 0) await writeLedger(room, { ...ledger, days: made.daysLeft });
  const { rows: sessions, visitorsLeft } = made;
  return { ...run.progress, skipped: all.length - sources.length, sessions, visitorsLeft };
}

class ImportRun {
  readonly progress: ImportProgress;
  /** Days on which events happened whose sessions are not made. */
  readonly days: Set<number>;
  readonly #room: Room;
  readonly #options: ImportOptions;
  readonly #ledger: Ledger;
  readonly #maxEvents: number;
  #events: ClickEvent[] = [];
  /** Files read to their end whose events are not all committed. */
  #finished: { source: Source; events: number; refused: number }[] = [];

  constructor(room: Room, options: ImportOptions, ledger: Ledger, sources: readonly Source[]) {
    this.#room = room;
    this.#options = options;
    this.#ledger = ledger;
    this.days = new Set(ledger.days);
    this.#maxEvents = options.maxEvents ?? 200_000;
    const ofBytes = sources.reduce((bytes, source) => bytes + source.bytes, 0);
    this.progress = { files: 0, ofFiles: sources.length, bytes: 0, ofBytes, events: 0, refused: 0 };
  }

  async take(source: Source): Promise<void> {
    const found = { source, events: 0, refused: 0 };
    for await (const record of readRecords(source.path)) {
      const event = importedEvent(record, source.identity);
      if (typeof event === 'string') {
        found.refused += 1;
        this.#options.onRefused?.({ path: source.path, number: record.number, reason: event });
        continue;
      }
      found.events += 1;
      this.#events.push(event);
      if (this.#events.length >= this.#maxEvents) await this.commit();
    }
    this.#finished.push(found);
  }

  /** Events first, then the ledger: a crash between gives events again under the same ids, never too few. */
  async commit(): Promise<void> {
    await this.#writeEvents();
    for (const { source, events, refused } of this.#finished) {
      this.#ledger.files[sourceId(source)] = { events, refused };
      this.progress.files += 1;
      this.progress.bytes += source.bytes;
      this.progress.refused += refused;
    }
    this.#ledger.days = [...this.days];
    if (this.#finished.length > 0) await writeLedger(this.#room, this.#ledger);
    this.#finished = [];
    this.#options.onProgress?.({ ...this.progress });
  }

  async #writeEvents(): Promise<void> {
    const { store } = this.#room;
    const erased = await readErasedUsers(store);
    const events = this.#events.filter((event) => !erased.covers(event.user_id, event.client_timestamp));
    const added = await this.#store(events);
    let isOutdated = false;
    if (added.length > 0) {
      await changeTable(this.#room, 'rawdata', async () => {
        isOutdated = (await readErasedUsers(store)).tag !== erased.tag;
        return isOutdated ? undefined : { added };
      });
    }
    if (isOutdated) {
      // Someone was erased meanwhile, and these may hold what he must not find again, or be deleted for that.
      await store.delete(added.map(({ path }) => fileKey('rawdata', path)));
      return this.#writeEvents();
    }
    for (const { client_timestamp } of events) this.days.add(dayOf(client_timestamp));
    this.progress.events += events.length;
    this.#events = [];
  }

  /** Files of these events, a day each, that no manifest names yet. */
  async #store(events: readonly ClickEvent[]): Promise<ManifestFile[]> {
    const { store, db } = this.#room;
    const added: ManifestFile[] = [];
    for (const [dayAt, ofDay] of groupByDay(events, (event) => event.received_at)) {
      const path = filePath(dayAt, `imported-${contentName(ofDay)}`);
      const local = freshPath(this.#room);
      await writeParquet(db, 'rawdata', ofDay, local);
      const bytes = await store.putFile(fileKey('rawdata', path), local);
      const times = ofDay.map((event) => event.received_at);
      const [minAt, maxAt] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
      added.push({ path, bytes, rows: ofDay.length, minAt, maxAt, sealed: false });
    }
    return added;
  }
}

/** The event of a record, or why it is none. */
export function importedEvent({ text, value, number }: ReadRecord, identity: string): ClickEvent | string {
  if (typeof value !== 'object' || value === null) return `not a JSON object: ${text.slice(0, 80)}`;
  const record = { ...value } as Record<string, unknown>;
  record.client_timestamp = importedTime(record.client_timestamp);
  const happenedAt = timeNumber(record.client_timestamp);
  const receivedAt = Math.round(timeNumber(record.received_at) ?? happenedAt ?? 0);
  const fault = timeFault('client_timestamp', happenedAt) ?? timeFault('received_at', receivedAt);
  if (fault !== null) return fault;
  const parsed = parseBatch(JSON.stringify({ events: [record] }), {
    receivedAt,
    ip: textOrNull(record.ip),
    userAgent: textOrNull(record.user_agent),
    newEventId: () => `${digest(identity).slice(0, 16)}-${String(number).padStart(8, '0')}`,
    limits: importLimits,
  });
  return parsed.accepted[0] ?? parsed.rejected[0]?.reason ?? parsed.fault ?? 'not an event';
}

/** The lake has a folder for each day of a year of four digits; microseconds for milliseconds are in none. */
function timeFault(field: string, time: number | undefined): string | null {
  if (time === undefined || (time >= Date.UTC(1000, 0) && time < Date.UTC(10_000, 0))) return null;
  return `${field}: ${time} is not in the years 1000 to 9999; write milliseconds since 1970, or ISO 8601`;
}

/** A date and time as SQL writes it, or ISO 8601 without a zone, is UTC: the article's were. */
function importedTime(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const named = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i.exec(
    value.trim(),
  );
  if (!named) return value;
  const [, date, time = '', zone = 'Z'] = named;
  const at = Date.parse(
    `${date}T${time.slice(0, 12)}${/^(z|utc)$/i.test(zone) ? 'Z' : zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`,
  );
  return Number.isNaN(at) ? value : at;
}

function timeNumber(value: unknown): number | undefined {
  const time = importedTime(value);
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

interface SessionsMade {
  rows: number;
  visitorsLeft: number;
  /** Days on which some were left. */
  daysLeft: number[];
}

const noSessions: SessionsMade = { rows: 0, visitorsLeft: 0, daysLeft: [] };

async function makeSessions(room: Room, days: ReadonlySet<number>, stepMs: number): Promise<SessionsMade> {
  const made: SessionsMade = { ...noSessions, daysLeft: [] };
  for (const { from, to } of daysInARow(days)) {
    const { rowsAfter, visitorsLeft } = await resessionize(room, { from, to, stepMs });
    made.rows += rowsAfter;
    made.visitorsLeft += visitorsLeft;
    if (visitorsLeft > 0) made.daysLeft.push(...[...days].filter((day) => day >= from && day <= to));
  }
  return made;
}

function daysInARow(days: ReadonlySet<number>): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (const day of [...days].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && day === last.to + dayMs) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges;
}

async function findSources(path: string): Promise<Source[]> {
  if ((await stat(path)).isFile()) return [await describe(path, basename(path))];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !/^[._]/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const sources: Source[] = [];
  for (const file of files) sources.push(await describe(file, relative(path, file).split(sep).join('/')));
  return sources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function describe(path: string, name: string): Promise<Source> {
  return { path, name, identity: `${name}\n${await firstRecord(path)}`, bytes: (await stat(path)).size };
}

async function firstRecord(path: string): Promise<string> {
  for await (const { text } of readRecords(path)) return text;
  return '';
}

function isTaken(source: Source, { files }: Ledger): boolean {
  // Ledgers of earlier versions name a file by name and size alone.
  return sourceId(source) in files || `${source.name}|${source.bytes}` in files;
}

function sourceId({ name, bytes, identity }: Source): string {
  return `${name}|${bytes}|${digest(identity).slice(0, 16)}`;
}

function contentName(events: readonly ClickEvent[]): string {
  return digest(events.map(({ event_id }) => event_id).join('\n')).slice(0, 24);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function readLedger(room: Room): Promise<Ledger> {
  const found = await room.store.get(ledgerKey);
  return found ? (JSON.parse(new TextDecoder().decode(found.body)) as Ledger) : { format: 1, files: {}, days: [] };
}

async function writeLedger(room: Room, ledger: Ledger): Promise<void> {
  await room.store.put(ledgerKey, new TextEncoder().encode(JSON.stringify(ledger)));
}
