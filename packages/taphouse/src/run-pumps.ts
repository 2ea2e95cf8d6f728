import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Lake } from '@taphouse/lake/files';
import type { SessionRow } from '@taphouse/schema';
import {
  createSessionizer,
  type LagWindow,
  pump,
  type PumpOptions,
  type PumpState,
  type SessionizerStats,
  type StaggerWindow,
  type Window,
} from '@taphouse/sessions';
import type { Log } from '@taphouse/streams/log';

import type { LiveHub } from './live-hub.ts';
import { noteReading } from './note-reading.ts';
import type { AlertSender } from './send-alerts.ts';

/** The pumps of all shards, running. */
export interface Pumps {
  /** How far the sessions are behind the newest record, milliseconds of the arrival clock. */
  lagMs(): number;
  /** Why no more should be taken for now, or null: the sessions are half an hour behind, and do not catch up. */
  busy(): string | null;
  /** Forgets what is in the lake, in the log, now and after each commit until `untilAt`, milliseconds since 1970 UTC. */
  forget(untilAt: number): void;
  /** For `/metrics`, by metric name. */
  gauges(): Record<string, number>;
  /** Rejects when a pump can not go on. */
  readonly failed: Promise<never>;
  /** Reads the log to its end, if that takes no longer than 2 s, closes open windows, commits, and waits for all of it. */
  stop(): Promise<void>;
}

/** Newest open windows shown on the live side. */
const maxShownWindows = 50;

/** How long a stop may read on, milliseconds: what is left is read by the next start. */
const catchUpMs = 2_000;

/** Commits of an hour, every 5 s, and some more. */
const maxEnds = 1_000;

/** Starts a pump for each shard of the log, into the lake, with the hub looking on. */
export async function runPumps(options: {
  log: Log;
  state: PumpState;
  lake: Lake;
  window: StaggerWindow;
  /** Live sessions to follow; alerts are then about these, and not about closed windows. */
  lag?: LagWindow | undefined;
  memory?: Pick<PumpOptions, 'maxOpenWindows' | 'maxSeenBytes'>;
  hub: LiveHub;
  alerts: AlertSender;
  report: (line: string) => void;
}): Promise<Pumps> {
  const { log, state, lake, window, lag, memory, hub, alerts, report } = options;
  const stopping = new AbortController();
  const stats = new Map<string, SessionizerStats>();
  const ongoing = new Map<string, Pick<Window, 'openRows' | 'size'>>();
  const shards = await log.shards();
  const readTo = new Map(
    await Promise.all(shards.map(async (shard) => [shard, await startClock(options, shard)] as const)),
  );
  /** Ends of commits that are in the lake and the state, and that the log may still have; oldest first. */
  const saved = new Map<string, string[]>();
  const takenTo = new Map<string, string>();
  const stream = noteReading(log, (shard, position) => takenTo.set(shard, position));
  let forgetUntilAt = 0;
  const trim = (shard: string, upTo: number): void => {
    const ends = saved.get(shard) ?? [];
    const position = ends[upTo];
    if (position === undefined) return;
    saved.set(shard, ends.slice(upTo + 1));
    log.trim(shard, position).catch((error: unknown) => report(`log not trimmed: ${String(error)}`));
  };
  /** Of who was erased meanwhile nothing is said any more. */
  const raise = async (rows: readonly SessionRow[]): Promise<void> => {
    const erased = await lake.erasedUsers();
    await alerts.take(rows.filter(({ user_id, beginsession }) => !erased.covers(user_id, beginsession)));
  };
  for (const shard of shards) await beginBehindLake(options, shard);
  const running = shards.map((shard) =>
    pump({
      stream,
      shard,
      state,
      // Raised after its rows are in the lake and before the state says so: a crash in between raises it again.
      sink: {
        mark: (of) => lake.mark(of),
        write: async (commit) => {
          await lake.write(commit);
          if (!lag) await raise(commit.rows);
        },
      },
      window,
      ...(lag && { lag, onEnded: raise }),
      ...memory,
      signal: stopping.signal,
      hashSeed: randomInt(2 ** 32),
      onSlice: ({ events, rows, sessionizer, ended, live }) => {
        stats.set(shard, sessionizer.stats());
        readTo.set(shard, sessionizer.stats().clockAt);
        hub.slice(events, rows, { total: total('openWindows'), newest: () => sessionizer.openRows(maxShownWindows) });
        if (!live) return;
        ongoing.set(shard, live);
        hub.sessions(ended, { total: goingOn(), newest: () => live.openRows(maxShownWindows) });
      },
      onCommit: ({ rows, mark }) => {
        hub.committed(rows);
        const ends = saved.get(shard) ?? [];
        saved.set(shard, [...ends.slice(-maxEnds), mark.position]);
        const last = (saved.get(shard)?.length ?? 0) - 1;
        if (Date.now() < forgetUntilAt) trim(shard, last);
        else if (isFilling(log)) trim(shard, last >> 1);
      },
      onError: (error, retryInMs) =>
        report(retryInMs > 0 ? `${error.message}; again in ${retryInMs / 1000} s` : error.message),
    }),
  );
  const total = (name: 'openWindows' | 'duplicates' | 'late' | 'memoryBytes'): number =>
    [...stats.values()].reduce((sum, shard) => sum + shard[name], 0);
  const goingOn = (): number => [...ongoing.values()].reduce((sum, { size }) => sum + size, 0);
  /** So that after a stop the lake alone has all there is. */
  const catchUp = async (): Promise<void> => {
    const last = log.stats().last ?? '';
    const marks = await Promise.all(shards.map((shard) => lake.mark(shard)));
    const hasAll = (): boolean => shards.every((shard, i) => (takenTo.get(shard) ?? marks[i]?.position ?? '') >= last);
    const giveUpAt = performance.now() + catchUpMs;
    while (!hasAll() && performance.now() < giveUpAt) await sleep(10);
  };
  const failed = Promise.all(running).then(() => new Promise<never>(() => {}));
  // A start that fails for another reason waits for it no more.
  failed.catch(() => {});
  const lagMs = (): number => Math.max(0, (log.stats().lastArrivedAt ?? 0) - Math.min(...readTo.values()));
  return {
    lagMs,
    gauges: () => ({
      taphouse_open_windows: total('openWindows'),
      taphouse_ongoing_sessions: goingOn(),
      taphouse_duplicate_events: total('duplicates'),
      taphouse_late_windows: total('late'),
      taphouse_engine_bytes: total('memoryBytes'),
      taphouse_log_bytes: log.stats().usedBytes,
      taphouse_log_max_bytes: log.stats().maxBytes,
      taphouse_lag_seconds: lagMs() / 1000,
    }),
    busy: whenFallingBack(lagMs),
    forget(untilAt) {
      forgetUntilAt = Math.max(forgetUntilAt, untilAt);
      for (const shard of shards) trim(shard, (saved.get(shard)?.length ?? 0) - 1);
    },
    failed,
    async stop() {
      await catchUp();
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** The pump keeps an hour of what is in the lake; above 4,000 events/s that would fill the log, and then nothing is taken. */
function isFilling(log: Log): boolean {
  const { usedBytes, maxBytes } = log.stats();
  return usedBytes > maxBytes * 0.75;
}

/** Further behind than this, taking more would only make it worse: clients keep their events and come back. */
const maxLagMs = 30 * 60_000;
const lookEveryMs = 10_000;

/** Says what `busy` does. A start over a long log is far behind too, and reads a minute of it in a second: that takes batches. */
export function whenFallingBack(lagMs: () => number, now: () => number = Date.now): () => string | null {
  let look = { at: now(), lagMs: lagMs() };
  let isCatchingUp = true;
  return () => {
    const lag = lagMs();
    const at = now();
    if (at - look.at >= lookEveryMs) {
      isCatchingUp = lag < look.lagMs;
      look = { at, lagMs: lag };
    }
    return lag <= maxLagMs || isCatchingUp
      ? null
      : `sessions are ${Math.round(lag / 60_000)} minutes behind the clicks`;
  };
}

/**
 * A lake that was put back without its log and state: both begin behind it. Which windows were open then is lost with them, so
 * after a kill some sessions lack events that `rawdata` has, until they are made anew.
 */
async function beginBehindLake(
  {
    log,
    state,
    lake,
    window,
    report,
  }: { log: Log; state: PumpState; lake: Lake; window: StaggerWindow; report: (line: string) => void },
  shard: string,
): Promise<void> {
  const mark = await lake.mark(shard);
  if (!mark || log.stats().last !== null || (await state.load(shard))) return;
  const sessionizer = createSessionizer(window);
  const put = [{ id: 1, bytes: sessionizer.changes() }];
  await state.save(shard, { mark, configHash: sessionizer.configHash, put, drop: [] });
  report(
    `a lake without its log and state: goes on behind it; if the tap that wrote it was killed, taphouse resessionize makes its last day whole`,
  );
}

/** Where the arrival clock of a shard stands before the pump reads on: at the lake's mark, else at the oldest record. */
async function startClock({ log, lake }: { log: Log; lake: Lake }, shard: string): Promise<number> {
  const mark = await lake.mark(shard);
  if (mark) return mark.clockAt;
  if (log.stats().first !== null) for await (const { clockAt } of log.read(shard, { maxRecords: 1 })) return clockAt;
  return Infinity;
}
