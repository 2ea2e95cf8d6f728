import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickEvent } from '../../packages/schema/src/index.ts';
import {
  type Sessionizer,
  createSessionizer,
  restoreSessionizer,
  windowPresets,
} from '../../packages/sessions/src/index.ts';
import { Journal } from '../../packages/sessions/src/journal.ts';
import { openPumpState } from '../../packages/sessions/src/lmdb/index.ts';

/** The part of RESULTS.md about ids that outgrow memory. */
export async function pageLoadsReport(count: number): Promise<string> {
  const lines = [await pageLoads(count, 64), await pageLoads(count, undefined)];
  const [bounded, unbounded] = lines;
  if (bounded?.duplicates !== unbounded?.duplicates)
    throw new Error(`page loads: ${bounded?.duplicates} copies found with a bound, ${unbounded?.duplicates} without`);
  const rows = lines.map((line) => {
    const bound = line.maxSeenMb === undefined ? 'none' : `${line.maxSeenMb} MB`;
    const sizes = [line.engineMb, line.rssMb, line.diskMb].map((mb) => Math.round(mb).toLocaleString('en'));
    return `| ${bound} | ${line.rate.toFixed(2)} M | ${sizes.join(' | ')} | ${Math.round(line.restoreMs).toLocaleString('en')} | ${line.duplicates.toLocaleString('en')} |`;
  });
  return `${count.toLocaleString('en')} events of ${(count / clicksOfPage).toLocaleString('en')} page loads, one in fifty a copy of any event so far; commits of
${perCommit.toLocaleString('en')} events to lmdb on disk included in events/s of CPU time. Engine: windows, visitors and ids. RSS includes what the bench makes.

| bound on ids in memory | engine and saves | engine, MB | most RSS, MB | state on disk, MB | restore, ms | copies found |
|---|---|---|---|---|---|---|
${rows.join('\n')}`;
}

/** How an engine fared whose visitors come and go. */
interface PageLoads {
  /** Bound on the memory of ids, MB; undefined: all in memory. */
  maxSeenMb: number | undefined;
  /** Events a second of CPU time, saves included. */
  rate: number;
  engineMb: number;
  rssMb: number;
  seenRecords: number;
  duplicates: number;
  diskMb: number;
  restoreMs: number;
}

const clicksOfPage = 2;
const perCommit = 50_000;
const startAt = Date.UTC(2026, 10, 23, 18);

/**
 * Page loads of 2 clicks, so that there are many ids to remember, 1,000 clicks a second of the arrival clock, one in fifty a
 * copy of any click so far, with a commit of 50,000 each to lmdb on disk.
 */
async function pageLoads(count: number, maxSeenMb: number | undefined): Promise<PageLoads> {
  const folder = mkdtempSync(join(tmpdir(), 'taphouse-bench-'));
  const state = await openPumpState(folder);
  const seen = maxSeenMb === undefined ? {} : { seen: { store: state.seen('0'), maxBytes: maxSeenMb * 2 ** 20 } };
  const sessionizer = createSessionizer(windowPresets.seconds, seen);
  const journal = new Journal([]);
  let cpuUs = 0;
  let engineBytes = 0;
  let rssBytes = 0;
  for (let done = 0; done < count; done += perCommit) {
    const events = slice(done, perCommit);
    const from = process.cpuUsage();
    sessionizer.prepare(events);
    for (const event of events) sessionizer.push(event, event.received_at);
    await save(state, sessionizer, journal, done);
    const { user, system } = process.cpuUsage(from);
    cpuUs += user + system;
    rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
    engineBytes = Math.max(engineBytes, sessionizer.stats().memoryBytes);
  }
  const { duplicates, seenRecords } = sessionizer.stats();
  await state.close();
  const diskMb = statSync(join(folder, 'data.mdb')).size / 2 ** 20;
  const restoreMs = await timeToRestore(folder, maxSeenMb);
  rmSync(folder, { recursive: true });
  const engineMb = engineBytes / 2 ** 20;
  return {
    maxSeenMb,
    rate: count / cpuUs,
    engineMb,
    rssMb: rssBytes / 2 ** 20,
    seenRecords,
    duplicates,
    diskMb,
    restoreMs,
  };
}

async function save(
  state: Awaited<ReturnType<typeof openPumpState>>,
  sessionizer: Sessionizer,
  journal: Journal,
  id: number,
): Promise<void> {
  const mark = { position: String(id).padStart(12, '0'), clockAt: sessionizer.stats().clockAt, drained: false };
  const { configHash } = sessionizer;
  await state.save('0', { mark, configHash, ...journal.add(sessionizer.changes()), seen: sessionizer.takeSeen() });
}

async function timeToRestore(folder: string, maxSeenMb: number | undefined): Promise<number> {
  const from = process.cpuUsage();
  const state = await openPumpState(folder);
  const seen = maxSeenMb === undefined ? {} : { seen: { store: state.seen('0'), maxBytes: maxSeenMb * 2 ** 20 } };
  const checkpoint = await state.load('0');
  restoreSessionizer(checkpoint?.parts.map((part) => part.bytes) ?? [], seen);
  const { user, system } = process.cpuUsage(from);
  await state.close();
  return (user + system) / 1000;
}

function slice(from: number, size: number): ClickEvent[] {
  const lines = Array.from({ length: size }, (_, i) => {
    const n = from + i;
    return isCopyAt(n) ? line(Math.floor(hash(n + 1) * n), n) : line(n, n);
  });
  return JSON.parse(`[${lines.join(',')}]`) as ClickEvent[];
}

/** The `n`th click; it arrives with the number `arrival`. */
function line(n: number, arrival: number): string {
  const load = Math.floor(n / clicksOfPage);
  // Neighbours in time click in turn: 400 page loads at a time.
  const page = Math.floor(load / 400) * 400 + (n % 400);
  const sequence = Math.floor((n % (400 * clicksOfPage)) / 400);
  const at = startAt + n;
  return JSON.stringify({
    event_id: `${(startAt + page * clicksOfPage).toString(36)}${Math.floor(hash(page) * 36 ** 8)
      .toString(36)
      .padStart(8, '0')}-${String(sequence).padStart(8, '0')}`,
    user_id: `user-${page % 300_000}`,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp: at,
    received_at: startAt + arrival,
  });
}

function isCopyAt(n: number): boolean {
  return n > 0 && hash(n) < 0.02;
}

/** The same number from 0 to 1 for the same whole number. */
function hash(n: number): number {
  let h = Math.imul(n ^ (n >>> 16), 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}
