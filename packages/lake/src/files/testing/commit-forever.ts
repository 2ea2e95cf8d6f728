/** Commits to the lake in argv[2] until it is killed, and prints the number of each commit once it is durable. */
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import type { Commit } from '@taphouse/sessions';

import { openLake } from '../lake.ts';

export const eventsPerCommit = 3;

/** The same commit for the same number, in whatever process. */
export function commitNumber(number: number): Commit {
  const at = testTime + number * 1000;
  const users = Array.from({ length: eventsPerCommit }, (_, index) => `user ${(number + index) % 7}`);
  return {
    shard: '0',
    configHash: 's30000-r30000',
    from: number === 1 ? null : String(number - 1).padStart(8, '0'),
    mark: { position: String(number).padStart(8, '0'), clockAt: at, drained: false },
    events: users.map((user_id, index) => click({ event_id: `e-${number}-${index}`, user_id, client_timestamp: at })),
    rows: users.map((user_id, index) =>
      sessionRow({
        user_id,
        beginsession: at,
        begin_event_id: `e-${number}-${index}`,
        row_id: `c/e-${number}-${index}`,
      }),
    ),
    stepMs: 30_000,
  };
}

if (process.argv[1] === import.meta.filename) {
  const lake = await openLake({ folder: process.argv[2] ?? '', sealAfterMs: Infinity });
  // As the pump does: what the furthest table has is written again, for the other one.
  let number = Math.max(1, Number((await lake.mark('0'))?.position ?? 1));
  for (;;) {
    await lake.write(commitNumber(number));
    process.stdout.write(`${number}\n`);
    if (number % 15 === 0) await lake.compact({ before: testTime + 86_400_000 });
    number += 1;
  }
}
