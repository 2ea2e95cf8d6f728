import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Comparison, compare, isExact } from './compare.ts';
import { fillLog } from './fill-log.ts';
import { startSending } from './send.ts';
import type { Shoppers } from './shoppers.ts';
import { openTap, sleep } from './tap.ts';

export interface RecoveryOptions {
  events: number;
  rounds: number;
  eventsPerSecond: number;
  port: number;
}

interface Round {
  readyMs: number;
  /** While the first reading of the filled log went on there is none. */
  caughtUpMs: number | undefined;
}

const shoppers: Shoppers = { visitors: 50_000, perBatch: 20 };
const minute = 60_000;
const stepMs = 30_000;

/**
 * Fills a log with events of 50 minutes, then starts the command over it and kills it, again and again, at random moments
 * while clicks come in over HTTP; the first rounds fall into the reading of the filled log, the others find all of it read.
 */
export async function recovery({ events, rounds, eventsPerSecond, port }: RecoveryOptions): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-recovery-'));
  const batches = Math.ceil(events / shoppers.perBatch);
  const filledAt = performance.now();
  const filled = await fillLog(join(folder, 'log'), shoppers, {
    batches,
    fromAt: Date.now() - 51 * minute,
    toAt: Date.now() - minute,
  });
  console.log(`filled in ${seconds(performance.now() - filledAt)}`);
  const url = `http://127.0.0.1:${port}`;
  const sender = startSending({
    url,
    shoppers,
    connections: 16,
    batchesPerSecond: eventsPerSecond / shoppers.perBatch,
    from: batches,
  });
  const done: Round[] = [];
  let behind = true;
  for (let round = 0; round < rounds; round += 1) {
    const tap = await openTap(folder, port);
    const caughtUpMs = behind ? undefined : await tap.caughtUp(minute);
    done.push({ readyMs: tap.readyMs, caughtUpMs });
    await sleep(200 + Math.random() * 1500);
    // After a while of being killed in the midst of it, the log is read to its end once.
    if (behind && round >= rounds / 3) await tap.caughtUp(10 * minute);
    if (behind) behind = (await tap.gauges()).lagSeconds > 2;
    await tap.stop('SIGKILL');
    console.log(
      `round ${round + 1}: ready in ${seconds(tap.readyMs)}, caught up ${caughtUpMs === undefined ? 'no' : `in ${seconds(caughtUpMs)}`}, ${sender.acknowledged.length} batches acknowledged, ${sender.retries()} tries again`,
    );
  }
  const last = await openTap(folder, port);
  await last.caughtUp(10 * minute);
  const { logBytes } = await last.gauges();
  await sender.finish();
  await last.stop('SIGTERM');
  const found = await compare(folder, shoppers, [...filled, ...sender.acknowledged], stepMs);
  await rm(folder, { recursive: true });
  const figures = table(done, found, {
    events,
    rounds,
    eventsPerSecond,
    logBytes,
    sent: sender.acknowledged.length * shoppers.perBatch,
  });
  if (!isExact(found)) throw new Error(`recovery: the lake is not what was acknowledged: ${JSON.stringify(found)}`);
  return figures;
}

function table(
  rounds: readonly Round[],
  found: Comparison,
  run: { events: number; rounds: number; eventsPerSecond: number; logBytes: number; sent: number },
): string {
  const caughtUp = rounds.flatMap(({ caughtUpMs }) => (caughtUpMs === undefined ? [] : [caughtUpMs]));
  return `\`taphouse start\` over a log that was filled directly, killed with SIGKILL at random moments while clicks came over HTTP and were sent again until acknowledged.

| recovery | figure |
|---|---|
| events in the log at the start | ${run.events.toLocaleString('en')}, and ${run.sent.toLocaleString('en')} over HTTP at ${run.eventsPerSecond.toLocaleString('en')}/s; ${(run.logBytes / 1024 ** 3).toFixed(1)} GiB in the end |
| SIGKILLs | ${rounds.length}, of which ${rounds.length - caughtUp.length} while the log was first read |
| from the start of the process to /ready: median, most | ${middle(rounds.map(({ readyMs }) => readyMs))} |
| to a lag under 2 s: median, most | ${middle(caughtUp)} |
| events lost, doubled, of ${found.events.toLocaleString('en')} | ${found.lost}, ${found.doubled} |
| copies stored of batches sent again, which the views drop | ${found.copies.toLocaleString('en')} |
| sessions different from the batch query over what was acknowledged, of ${found.sessions.toLocaleString('en')} | ${found.sessionsMissing + found.sessionsUnfounded} |
| and over rawdata | ${found.sessionsNotOfRawdata} |`;
}

function middle(times: readonly number[]): string {
  if (times.length === 0) return 'none';
  const sorted = times.toSorted((a, b) => a - b);
  return `${seconds(sorted[sorted.length >> 1] as number)}, ${seconds(sorted.at(-1) as number)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
