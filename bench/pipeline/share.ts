import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSending } from './send.ts';
import type { Shoppers } from './shoppers.ts';

export interface ShareOptions {
  events: number;
  /** Sizes of batches to try, events. */
  sizes: readonly number[];
  port: number;
}

interface Usage {
  cpuSeconds: number;
  rssBytes: number;
  rows?: number;
}

/**
 * What an event costs the collector and what it costs engine and lake: each in a process of its own, over the same log,
 * one after the other. In one process they share a thread, and can not be told apart.
 */
export async function share({ events, sizes, port }: ShareOptions): Promise<string> {
  const lines: string[] = [];
  for (const perBatch of sizes) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-share-'));
    const shoppers: Shoppers = { visitors: 50_000, perBatch };
    const batches = Math.ceil(events / perBatch);
    const collector = await startPart('collector', folder, port);
    const before = await ask(collector);
    const beganAt = performance.now();
    const url = `http://127.0.0.1:${port}`;
    const sender = startSending({ url, shoppers, connections: 64, batchesPerSecond: Infinity, from: 0, to: batches });
    await sender.finish();
    const perSecond = (batches * perBatch) / ((performance.now() - beganAt) / 1000);
    const collected = (await ask(collector)).cpuSeconds - before.cpuSeconds;
    collector.send('end');
    await once(collector, 'exit');
    const pump = await startPart('pump', folder, port);
    const [pumped] = (await once(pump, 'message')) as [Usage];
    await rm(folder, { recursive: true });
    const each = (seconds: number): string => ((seconds / (batches * perBatch)) * 1e6).toFixed(1);
    lines.push(
      `| ${perBatch} | ${each(collected)} | ${each(pumped.cpuSeconds)} | ${(pumped.cpuSeconds / collected).toFixed(2)} | ${Math.round(perSecond).toLocaleString('en')} | ${((pumped.rows ?? 0) / (batches * perBatch)).toFixed(2)} |`,
    );
    console.log(lines.at(-1));
  }
  return `CPU of an event, user and system, all threads, us; ${events.toLocaleString('en')} events of 50,000 visitors.

| events in a POST | collector | engine and lake | ratio | events/s of the collector alone | rows an event |
|---|---|---|---|---|---|
${lines.join('\n')}`;
}

async function startPart(part: string, folder: string, port: number): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'part.ts'), [part, folder, String(port)]);
  await once(child, 'message');
  return child;
}

async function ask(child: ChildProcess): Promise<Usage> {
  child.send('usage');
  const [usage] = (await once(child, 'message')) as [Usage];
  return usage;
}
