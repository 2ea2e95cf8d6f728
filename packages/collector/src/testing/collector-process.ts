/** A collector over a log in a process of its own, to be killed: `node collector-process.ts FOLDER [minFreeBytes]`. */
import { createCollector } from '../collector.ts';
import { listen } from '../node/listen.ts';
import { openDeadLetters } from '../node/open-dead-letters.ts';
import { openLog } from '@taphouse/streams/log';

const [folder, minFreeBytes] = process.argv.slice(2);
// So small that the log begins a segment every 500 batches, and crashes may meet that.
const maxBytes = 64 * 1024 ** 2;
const stream = await openLog({ path: `${folder}/log`, minFreeBytes: Number(minFreeBytes ?? 0), maxBytes });
const deadLetters = await openDeadLetters(`${folder}/dead-letters`);
const { url } = await listen({ app: createCollector({ stream, deadLetters }), port: 0 });
process.on('disconnect', () => process.exit());
process.send?.(url);

/** Processor time of the main thread from one turn of the timers to the next, the most since it was last asked, milliseconds. */
let longestMs = 0;
let before = process.threadCpuUsage();
setInterval(() => {
  const { user, system } = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  longestMs = Math.max(longestMs, (user + system) / 1000);
}, 1);

process.on('message', (asked) => {
  if (asked === 'stall') {
    process.send?.(longestMs);
    longestMs = 0;
    return;
  }
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.(heapUsed + external);
});
