import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { StoredRecord } from '../stream.ts';
import { type Log, openLog } from './open-log.ts';

const seeds = Number(process.env.TAPHOUSE_ROUNDS ?? 8);

it.each(Array.from({ length: seeds }, (_, seed) => seed))(
  'keeps its promises through 120 random steps of appending, reading, trimming, restarting and clocks set anyhow (seed %d)',
  { timeout: 60_000 },
  async (seed) => {
    const path = mkdtempSync(join(tmpdir(), 'taphouse-random-'));
    const random = mulberry32(seed);
    const below = (n: number): number => Math.floor(random() * n);
    let now = 1_800_000_000_000;
    const open = (): Promise<Log> => openLog({ path, now: () => now, tickMs: 1, maxBytes: 4_000_000 });
    let log = await open();
    let appended = 0;
    let seen: StoredRecord[] = [];
    let promised = 0;

    /** Reads everything, to a tick, and holds it against all that was seen before. */
    const readAll = async (): Promise<void> => {
      const records: StoredRecord[] = [];
      for await (const slice of log.read('0', { maxRecords: 1 + below(20) })) {
        records.push(...slice.records);
        if (slice.records.length > 0) continue;
        promised = Math.max(promised, slice.clockAt);
        break;
      }
      const known = new Map(seen.map((record) => [record.position, record]));
      const fresh = records.filter(({ position }) => !known.has(position));
      for (const record of records) expect(known.get(record.position) ?? record).toEqual(record);
      const numbers = [...seen, ...fresh].map(({ data }) => Number(data));
      expect(numbers).toEqual(Array.from({ length: appended }, (_, i) => i));
      seen = [...seen, ...fresh];
      for (const [i, { position, arrivedAt }] of seen.entries()) {
        expect(position > (seen[i - 1]?.position ?? '')).toBe(true);
        expect(arrivedAt).toBeGreaterThanOrEqual(seen[i - 1]?.arrivedAt ?? 0);
      }
    };
    const append = async (): Promise<void> => {
      const before = promised;
      const from = appended;
      const batches = Array.from({ length: 1 + below(4) }, () => 1 + below(3));
      await Promise.all(
        batches.map((size) =>
          log.append(Array.from({ length: size }, () => ({ partitionKey: 'k', data: String(appended++) }))),
        ),
      );
      await readAll();
      for (const { arrivedAt } of seen.slice(from)) expect(arrivedAt).toBeGreaterThanOrEqual(before);
    };
    const steps = [
      append,
      append,
      append,
      readAll,
      async () => void (now += below(10_000)),
      async () => void (now -= below(20_000)),
      async () => seen.length > 0 && (await log.trim('0', seen[below(seen.length)]!.position)),
      async () => {
        await log.close();
        log = await open();
      },
    ];
    for (let step = 0; step < 120; step += 1) await steps[below(steps.length)]!();
    await readAll();
    await log.close();
    rmSync(path, { recursive: true });
  },
);

/** A small random generator with a seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
