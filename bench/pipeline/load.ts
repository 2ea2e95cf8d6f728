import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, isExact } from './compare.ts';
import { startSending } from './send.ts';
import type { Shoppers } from './shoppers.ts';
import { type Tap, type Usage, openTap, sleep } from './tap.ts';

export interface LoadOptions {
  /** Events a second; Infinity for as many as go. */
  eventsPerSecond: number;
  /** Ends after so many events, or after so many seconds. */
  events?: number;
  seconds?: number;
  perBatch: number;
  port: number;
}

interface Sample extends Usage {
  atSeconds: number;
  lagSeconds: number;
  events: number;
}

const stepMs = 30_000;
const sampleMs = 2_000;

/** Runs the command under load over HTTP, looks at it every 2 s, and holds what the lake has in the end against what was sent. */
export async function load(options: LoadOptions): Promise<{ table: string; perSecond: number }> {
  const { perBatch, port, events = Infinity, seconds = Infinity, eventsPerSecond } = options;
  const shoppers: Shoppers = { visitors: 50_000, perBatch };
  const folder = await mkdtemp(join(tmpdir(), 'bench-load-'));
  const tap = await openTap(folder, port);
  const idle = tap.usage();
  const beganAt = performance.now();
  const sender = startSending({
    url: tap.url,
    shoppers,
    connections: 64,
    batchesPerSecond: eventsPerSecond / perBatch,
    from: 0,
    to: events === Infinity ? Infinity : Math.ceil(events / perBatch),
  });
  const finished = events === Infinity ? sleep(seconds * 1000).then(() => sender.finish()) : sender.finish();
  const samples = await watch(tap, beganAt, finished);
  const sentSeconds = (performance.now() - beganAt) / 1000;
  await tap.caughtUp(Infinity);
  const caughtUpSeconds = (performance.now() - beganAt) / 1000 - sentSeconds;
  await sleep(6_000);
  const end = tap.usage();
  await tap.stop('SIGTERM');
  const sent = sender.acknowledged.length * perBatch;
  const found = await compare(folder, shoppers, sender.acknowledged, stepMs);
  await rm(folder, { recursive: true });
  const each = (cpuSeconds: number): string => ((cpuSeconds / sent) * 1e6).toFixed(1);
  const cpu = end.cpuSeconds - idle.cpuSeconds;
  const main = end.mainSeconds - idle.mainSeconds;
  const lags = samples.map(({ lagSeconds }) => lagSeconds).toSorted((a, b) => a - b);
  const figures = `| ${eventsPerSecond === Infinity ? 'as fast as it goes' : `${eventsPerSecond.toLocaleString('en')} events/s`}, ${perBatch} events a POST | figure |
|---|---|
| events sent and acknowledged | ${sent.toLocaleString('en')} in ${sentSeconds.toFixed(0)} s: ${Math.round(sent / sentSeconds).toLocaleString('en')}/s; ${sender.retries()} answers other than 204 |
| CPU of an event, whole process; of it on the thread that runs JavaScript | ${each(cpu)} us; ${each(main)} us |
| lag: median, 95 of 100 looks under, most | ${quantile(lags, 0.5)} s, ${quantile(lags, 0.95)} s, ${quantile(lags, 1)} s; under 2 s ${caughtUpSeconds.toFixed(1)} s after the last answer |
| memory of its own: after a fifth of the time, in the end, most | ${memory(samples)} |
| events in the lake lost, doubled | ${found.lost}, ${found.doubled} of ${found.events.toLocaleString('en')} |
| sessions different from the batch query over what was sent; over rawdata | ${found.sessionsMissing + found.sessionsUnfounded}; ${found.sessionsNotOfRawdata} of ${found.sessions.toLocaleString('en')} |`;
  if (!isExact(found)) throw new Error(`load: the lake is not what was sent: ${JSON.stringify(found)}`);
  return { table: figures, perSecond: sent / sentSeconds };
}

async function watch(tap: Tap, beganAt: number, finished: Promise<void>): Promise<Sample[]> {
  const samples: Sample[] = [];
  let over = false;
  void finished.then(() => (over = true));
  while (!over) {
    await Promise.race([sleep(sampleMs), finished]);
    const { lagSeconds, events } = await tap.gauges();
    const sample = { ...tap.usage(), lagSeconds, events, atSeconds: (performance.now() - beganAt) / 1000 };
    samples.push(sample);
    if (samples.length % 15 === 0)
      console.log(
        `${sample.atSeconds.toFixed(0)} s: ${events} events, lag ${lagSeconds} s, ${(sample.ownBytes / 1e6).toFixed(0)} MB, CPU ${sample.cpuSeconds.toFixed(0)} s, main ${sample.mainSeconds.toFixed(0)} s`,
      );
  }
  await finished;
  return samples;
}

function quantile(sorted: readonly number[], part: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN).toFixed(1);
}

function memory(samples: readonly Sample[]): string {
  const megabytes = samples.map(({ ownBytes }) => Math.round(ownBytes / 1e6));
  return `${megabytes[Math.floor(megabytes.length / 5)]} MB, ${megabytes.at(-1)} MB, ${Math.max(...megabytes)} MB`;
}

/** Finds how many events go in 40 s, and then sends 70 of 100 of that for some minutes. */
export async function steady({
  minutes,
  perBatch,
  port,
}: {
  minutes: number;
  perBatch: number;
  port: number;
}): Promise<string> {
  const most = await load({ eventsPerSecond: Infinity, seconds: 40, perBatch, port });
  console.log(most.table);
  const eventsPerSecond = Math.round((most.perSecond * 0.7) / 100) * 100;
  const long = await load({ eventsPerSecond, seconds: minutes * 60, perBatch, port });
  return `${most.table}\n\n${long.table}`;
}
