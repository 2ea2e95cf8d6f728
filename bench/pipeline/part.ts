/**
 * One part of the whole in a process of its own: `collector FOLDER PORT` takes batches into a log, `pump FOLDER` turns
 * all that the log has into the lake. Tells over IPC when it is up, its CPU time when asked, and the pump when it is done.
 */
import { join } from 'node:path';
import { createCollector } from '../../packages/collector/src/index.ts';
import { listen } from '../../packages/collector/src/node/index.ts';
import { openLake } from '../../packages/lake/src/files/index.ts';
import { pump, windowPresets } from '../../packages/sessions/src/index.ts';
import { openPumpState } from '../../packages/sessions/src/lmdb/index.ts';
import { openLog } from '../../packages/streams/src/log/index.ts';

const [part, folder = '', port = '0'] = process.argv.slice(2);
const log = await openLog({ path: join(folder, 'log') });
const parts: Record<string, () => Promise<void>> = { collector: runCollector, pump: runPump };
const run = parts[part ?? ''];
if (!run) throw new Error(`bench pipeline: ${part}: not one of ${Object.keys(parts).join(', ')}`);
await run();

async function runCollector(): Promise<void> {
  const deadLetters = { append: async (): Promise<void> => {} };
  const server = await listen({ app: createCollector({ stream: log, deadLetters }), port: Number(port) });
  process.on('message', (message) => {
    if (message === 'usage') process.send?.(usage());
    else
      void server.close().then(async () => {
        await log.close();
        process.disconnect();
      });
  });
  process.send?.('up');
}

async function runPump(): Promise<void> {
  const state = await openPumpState(join(folder, 'state'));
  const lake = await openLake({ folder: join(folder, 'lake') });
  const done = new AbortController();
  const { last } = log.stats();
  const before = usage().cpuSeconds;
  process.send?.('up');
  let events = 0;
  let rows = 0;
  await pump({
    stream: log,
    shard: '0',
    state,
    sink: lake,
    window: windowPresets.seconds,
    signal: done.signal,
    onSlice: (slice) => void (events += slice.events.length),
    onCommit: (commit) => {
      rows += commit.rows.length;
      if (commit.mark.position === last && !done.signal.aborted) done.abort();
    },
  });
  // Merging small files is under way, and is part of the price.
  await lake.close();
  const { cpuSeconds, rssBytes } = usage();
  process.send?.({ cpuSeconds: cpuSeconds - before, rssBytes, events, rows });
  await state.close();
  await log.close();
}

/** User and system, all threads, seconds. */
function usage(): { cpuSeconds: number; rssBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() };
}
