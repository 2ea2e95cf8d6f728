import { openLog } from '../../packages/streams/src/log/index.ts';
import { type SentBatch, type Shoppers, recordOf } from './shoppers.ts';

const batchesPerAppend = 1000;

/**
 * Writes batches straight into a log, as the collector would have over the time from `fromAt` to `toAt`.
 *
 * @returns what it wrote
 */
export async function fillLog(
  path: string,
  shoppers: Shoppers,
  { batches, fromAt, toAt }: { batches: number; fromAt: number; toAt: number },
): Promise<SentBatch[]> {
  let now = fromAt;
  const log = await openLog({ path, now: () => now });
  const written: SentBatch[] = [];
  for (let first = 0; first < batches; first += batchesPerAppend) {
    const some = Array.from({ length: Math.min(batchesPerAppend, batches - first) }, (_, i) => ({
      number: first + i,
      sentAt: Math.floor(fromAt + ((toAt - fromAt) * (first + i)) / batches),
    }));
    now = some.at(-1)?.sentAt ?? now;
    await log.append(some.map((batch) => recordOf(shoppers, batch)));
    for (const batch of some) written.push(batch);
  }
  await log.close();
  return written;
}
