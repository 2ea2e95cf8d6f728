/** A collector over a log in a process of its own, to be killed: `node collector-process.ts FOLDER [minFreeBytes [maxBytes]]`. */
import { createCollector } from '../collector.ts';
import { listen } from '../node/listen.ts';
import { openDeadLetters } from '../node/open-dead-letters.ts';
import { openLog } from '@taphouse/streams/log';

// So small a log begins a segment every 500 batches, and crashes may meet that.
const [folder, minFreeBytes = 0, maxBytes = 64 * 1024 ** 2] = process.argv.slice(2);
const stream = await openLog({
  path: `${folder}/log`,
  minFreeBytes: Number(minFreeBytes),
  maxBytes: Number(maxBytes),
});
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

/** What a test may ask: the longest stall, milliseconds; the time to parse 15 MiB of JSON, milliseconds; bytes held. */
export type Question = 'stall' | 'parse' | 'memory';

const event = '{"user_id":"u1","client_timestamp":1795921373436,"properties":{"beer_id":"3","price":4.5}},';
const json = `[${event.repeat((15 * 1024 ** 2) / event.length)}0]`;

const answers: Record<Question, () => number> = {
  stall() {
    const ms = longestMs;
    longestMs = 0;
    return ms;
  },
  parse() {
    const start = process.threadCpuUsage();
    JSON.parse(json);
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / 1000;
  },
  memory() {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
};
process.on('message', (question: Question) => process.send?.(answers[question]()));
