import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { decodeEvents } from '@taphouse/schema';
import { openLog } from '@taphouse/streams/log';

/** What stands in the log against what was acknowledged. All but `stored` and `acknowledged` should be 0. */
export interface Findings {
  acknowledged: number;
  stored: number;
  lost: number;
  corrupt: number;
  /** Events that stand behind a later one of their visitor. */
  outOfOrder: number;
  doubled: number;
}

/** Sends clicks and remembers which were acknowledged, to hold the log to it after a crash. */
export interface Witness {
  /** Sends as several visitors at once, each one batch after the other, until the collector no longer answers 204. */
  send(url: string): Promise<void>;
  /** Reads the whole log. */
  check(folder: string): Promise<Findings>;
  acknowledged(): number;
}

const visitors = 16;
const eventsPerBatch = 5;

export function createWitness(): Witness {
  const sent = Array.from({ length: visitors }, () => 0);
  const acknowledged = Array.from({ length: visitors }, () => new Set<number>());

  const visit = async (url: string, visitor: number): Promise<void> => {
    while (true) {
      const numbers = Array.from({ length: eventsPerBatch }, (_, i) => sent[visitor]! + i);
      sent[visitor]! += eventsPerBatch;
      const body = JSON.stringify({ events: numbers.map((n) => eventOf(visitor, n)) });
      const answer = await fetch(`${url}/v1/events`, { method: 'POST', body }).catch(() => null);
      if (answer?.status !== 204) return;
      for (const n of numbers) acknowledged[visitor]!.add(n);
    }
  };

  return {
    async send(url) {
      await Promise.all(sent.map((_, visitor) => visit(url, visitor)));
    },
    async check(folder) {
      const findings: Findings = { acknowledged: 0, stored: 0, lost: 0, corrupt: 0, outOfOrder: 0, doubled: 0 };
      const stored = await readNumbers(folder, findings);
      for (const [visitor, numbers] of acknowledged.entries()) {
        const kept = stored.get(visitor) ?? [];
        const keptSet = new Set(kept);
        findings.acknowledged += numbers.size;
        findings.lost += [...numbers].filter((n) => !keptSet.has(n)).length;
        findings.doubled += kept.length - keptSet.size;
        findings.outOfOrder += kept.filter((n, i) => i > 0 && n < kept[i - 1]!).length;
      }
      return findings;
    },
    acknowledged: () => acknowledged.reduce((sum, numbers) => sum + numbers.size, 0),
  };
}

/** Starts `collector-process.ts` on a folder. */
export async function startCollector(
  folder: string,
  minFreeBytes = 0,
): Promise<{ url: string; process: ChildProcess }> {
  const child = fork(join(import.meta.dirname, 'collector-process.ts'), [folder, String(minFreeBytes)], {
    silent: true,
  });
  const [url] = (await Promise.race([once(child, 'message'), diesEarly(child)])) as [string];
  return { url, process: child };
}

/** Ends a process by SIGKILL and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function diesEarly(child: ChildProcess): Promise<never> {
  let words = '';
  child.stderr?.on('data', (data) => (words += String(data)));
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`collector process: ended with ${code} before it listened: ${words}`);
}

function eventOf(visitor: number, n: number): Record<string, unknown> {
  const client_timestamp = Date.now();
  return {
    event_id: `v${visitor}-${n}`,
    user_id: visitor,
    device_id: 'mobile',
    client_event: 'beer_cart',
    client_timestamp,
    properties: { check: checkOf(visitor, n), filler: 'x'.repeat(200) },
  };
}

function checkOf(visitor: number, n: number): string {
  return createHash('sha256').update(`${visitor}/${n}`).digest('hex');
}

async function readNumbers(folder: string, findings: Findings): Promise<Map<number, number[]>> {
  const numbers = new Map<number, number[]>();
  const stream = await openLog({ path: `${folder}/log`, tickMs: 1 });
  for await (const { records } of stream.read('0')) {
    if (records.length === 0) break;
    for (const event of records.flatMap(({ data }) => decodeEvents(data))) {
      const [visitor, n] = event.event_id.slice(1).split('-').map(Number) as [number, number];
      findings.stored += 1;
      if (visitor >= visitors) continue;
      if (event.properties.check !== checkOf(visitor, n)) findings.corrupt += 1;
      const ofVisitor = numbers.get(visitor);
      if (ofVisitor) ofVisitor.push(n);
      else numbers.set(visitor, [n]);
    }
  }
  await stream.close();
  return numbers;
}
