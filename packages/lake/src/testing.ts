/** A small real lake for the tests of other packages. */
import type { ClickEvent, Mark, SessionRow } from '@taphouse/schema';

import { openLake } from './files/lake.ts';

export interface MakeLakeOptions {
  /** Where to write it. */
  folder: string;
  /** Rows of `rawdata`. Default none. */
  events?: readonly ClickEvent[];
  /** Rows of `aggregated`. Default none. */
  rows?: readonly SessionRow[];
  /** Step of the windows in `rows`, milliseconds. Default 30,000. */
  stepMs?: number;
  /** Over how many commits the rows are spread, in the order given. Default 1. */
  commits?: number;
}

/**
 * Writes rows into a lake, through the same door as the pump. Called again on the same folder, it adds to it.
 *
 * @example
 * await makeLake({ folder, events: [click()], rows: [sessionRow({ events: 3 })] });
 */
export async function makeLake(options: MakeLakeOptions): Promise<void> {
  const { folder, events = [], rows = [], stepMs = 30_000, commits = 1 } = options;
  const lake = await openLake({ folder, sealAfterMs: Infinity });
  let mark: Mark = (await lake.mark('made')) ?? { position: '000000', clockAt: 0, drained: false };
  for (let index = 0; index < commits; index += 1) {
    const from = mark.position;
    mark = { position: String(Number(from) + 1).padStart(6, '0'), clockAt: mark.clockAt + 1, drained: true };
    await lake.write({
      shard: 'made',
      configHash: 'test',
      from,
      mark,
      events: share(events, index, commits),
      rows: share(rows, index, commits),
      stepMs,
    });
  }
  await lake.close();
}

function share<T>(values: readonly T[], index: number, parts: number): readonly T[] {
  return values.slice((index * values.length) / parts, ((index + 1) * values.length) / parts);
}
