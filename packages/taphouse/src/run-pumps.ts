import { randomInt } from 'node:crypto';

import type { Lake } from '@taphouse/lake/files';
import { pump, type PumpState, type SessionizerStats, type StaggerWindow } from '@taphouse/sessions';
import type { Log } from '@taphouse/streams/log';

import type { LiveHub } from './live-hub.ts';
import type { AlertSender } from './send-alerts.ts';

/** The pumps of all shards, running. */
export interface Pumps {
  /** How far the sessions are behind the newest record, milliseconds of the arrival clock; 0 before the first slice. */
  lagMs(): number;
  /** For `/metrics`, by metric name. */
  gauges(): Record<string, number>;
  /** Rejects when a pump can not go on. */
  readonly failed: Promise<never>;
  /** Closes open windows, commits, and waits for both. */
  stop(): Promise<void>;
}

/** Newest open windows shown on the live side. */
const maxShownWindows = 50;

/** Starts a pump for each shard of the log, into the lake, with the hub looking on. */
export async function runPumps(options: {
  log: Log;
  state: PumpState;
  lake: Lake;
  window: StaggerWindow;
  hub: LiveHub;
  alerts: AlertSender;
  report: (line: string) => void;
}): Promise<Pumps> {
  const { log, state, lake, window, hub, alerts, report } = options;
  const stopping = new AbortController();
  const stats = new Map<string, SessionizerStats>();
  const running = (await log.shards()).map((shard) =>
    pump({
      stream: log,
      shard,
      state,
      sink: lake,
      window,
      signal: stopping.signal,
      hashSeed: randomInt(2 ** 32),
      onSlice: ({ events, rows, sessionizer }) => {
        stats.set(shard, sessionizer.stats());
        hub.slice(events, rows, { total: total('openWindows'), newest: () => sessionizer.openRows(maxShownWindows) });
      },
      onCommit: ({ rows }) => {
        hub.committed(rows);
        alerts.take(rows);
      },
      onError: (error, retryInMs) =>
        report(retryInMs > 0 ? `${error.message}; again in ${retryInMs / 1000} s` : error.message),
    }),
  );
  const total = (name: 'openWindows' | 'duplicates' | 'late' | 'memoryBytes'): number =>
    [...stats.values()].reduce((sum, shard) => sum + shard[name], 0);
  const lagMs = (): number => {
    const readTo = Math.min(...[...stats.values()].map(({ clockAt }) => clockAt));
    return Math.max(0, (log.stats().lastArrivedAt ?? 0) - readTo);
  };
  return {
    lagMs,
    gauges: () => ({
      taphouse_open_windows: total('openWindows'),
      taphouse_duplicate_events: total('duplicates'),
      taphouse_late_windows: total('late'),
      taphouse_engine_bytes: total('memoryBytes'),
      taphouse_log_bytes: log.stats().usedBytes,
      taphouse_log_max_bytes: log.stats().maxBytes,
      taphouse_lag_seconds: lagMs() / 1000,
    }),
    failed: Promise.all(running).then(() => new Promise<never>(() => {})),
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
