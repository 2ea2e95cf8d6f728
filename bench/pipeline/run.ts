/**
 * The whole way in real processes: `taphouse start` fed over HTTP on this machine, by room:
 *
 * - recovery: SIGKILL again and again over a log of `--events`, `--rounds` times, beside `--rate` events/s
 * - whole: `--events` as fast as they go, and what the lake has then
 * - steady: as many events as go for 40 s, then 70 of 100 of that for `--minutes`
 * - share: what an event costs the collector, and engine and lake, by `--sizes` of a POST
 *
 * `pnpm bench pipeline --rooms whole,share --events 10000000 [--batch 20] [--dry]`; `--dry` leaves RESULTS.md alone.
 */
import { parseArgs } from 'node:util';
import { writeResults } from '../results.ts';
import { load, steady } from './load.ts';
import { recovery } from './recovery.ts';
import { share } from './share.ts';

const { values } = parseArgs({
  options: {
    rooms: { type: 'string', default: 'recovery' },
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '2000' },
    minutes: { type: 'string', default: '1' },
    batch: { type: 'string', default: '20' },
    sizes: { type: 'string', default: '1,20,1000' },
    port: { type: 'string', default: '17465' },
    dry: { type: 'boolean', default: false },
  },
});
const port = Number(values.port);
const rooms: Record<string, () => Promise<string>> = {
  recovery: () =>
    recovery({
      events: Number(values.events),
      rounds: Number(values.rounds),
      eventsPerSecond: Number(values.rate),
      port,
    }),
  whole: async () =>
    (await load({ eventsPerSecond: Infinity, events: Number(values.events), perBatch: Number(values.batch), port }))
      .table,
  steady: () => steady({ minutes: Number(values.minutes), perBatch: Number(values.batch), port }),
  share: () => share({ events: Number(values.events), sizes: values.sizes.split(',').map(Number), port }),
};
for (const name of values.rooms.split(',')) {
  const room = rooms[name];
  if (!room) throw new Error(`bench pipeline: ${name}: not one of ${Object.keys(rooms).join(', ')}`);
  const figures = await room();
  console.log(figures);
  if (!values.dry) writeResults(`pipeline, ${name}`, figures);
}
