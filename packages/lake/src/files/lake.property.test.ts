import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type ClickEvent, encodeEvents } from '@taphouse/schema';
import { click, testTime } from '@taphouse/schema/testing';
import { type Commit, createSessionizer, windowPresets } from '@taphouse/sessions';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { openDatabase } from './database.ts';
import { type Lake, openLake } from './lake.ts';
import { openQuery } from './open-query.ts';
import { timeColumn } from './parquet-writer.ts';

const runs = Number(process.env.TAPHOUSE_ROUNDS ?? 3);
const day = 86_400_000;
const stepMs = 30_000;

/** What may happen to a lake, in any order. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('commit' as const), events: fc.nat({ max: 8 }), seed: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('seal' as const), days: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rebuild' as const), from: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), user: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
);

/** The same things done to plain lists. */
class Model {
  events: ClickEvent[] = [];
  readonly erased = new Set<string>();

  sessions(): string[] {
    const sessions = Map.groupBy(
      this.events,
      (event) => `${event.user_id} ${Math.floor(event.client_timestamp / stepMs) * stepMs}`,
    );
    return [...sessions]
      .map(([key, events]) => {
        const times = events.map((event) => event.client_timestamp);
        return `${key} ${events.length} ${Math.min(...times)} ${Math.max(...times)}`;
      })
      .toSorted();
  }
}

function someEvents(count: number, seed: number): ClickEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const mixed = Math.imul(seed + index * 7919, 2_654_435_761) >>> 0;
    return click({
      user_id: `user ${mixed % 4}`,
      client_timestamp: testTime - (mixed % 3) * day + (mixed % 90_000),
      received_at: testTime + index,
    });
  });
}

/** Live files whose rows are not in the order of their time, which readers skip row groups by. */
async function unsorted(folder: string, lake: Lake): Promise<string[]> {
  const db = await openDatabase();
  const found: string[] = [];
  for (const table of ['rawdata', 'aggregated'] as const) {
    const time = timeColumn[table];
    for (const { path } of (await lake.manifest(table)).files) {
      const [row] = await db.rows(
        `SELECT count(*)::INTEGER AS n FROM (SELECT ${time} < lag(${time}) OVER (ORDER BY file_row_number) AS back
         FROM read_parquet('${join(folder, table, path)}', file_row_number = true)) WHERE back`,
      );
      if (row?.n !== 0) found.push(path);
    }
  }
  db.close();
  return found;
}

it('a lake holds what was put into it and not erased, whatever else is done to it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 25 }), async (steps) => {
      const folder = await mkdtemp(join(tmpdir(), 'lake-'));
      // A clock long before all events: what an erasure covers is told by the user alone.
      const open = (): Promise<Lake> => openLake({ folder, now: () => testTime - 30 * day, sealAfterMs: Infinity });
      let lake = await open();
      const model = new Model();
      let last: Commit | undefined;
      let position = 0;
      for (const each of steps) {
        if (each.do === 'commit') {
          position += 1;
          const events = someEvents(each.events, each.seed);
          const engine = createSessionizer(windowPresets.seconds);
          const rows = events.flatMap((event) => [...engine.push(event, event.received_at)]);
          rows.push(...engine.drain());
          const mark = { position: String(position).padStart(6, '0'), clockAt: testTime, drained: true };
          const lines = each.seed % 2 === 0 ? { lines: [new TextEncoder().encode(`${encodeEvents(events)}\n`)] } : {};
          last = { shard: '0', configHash: 's', from: null, mark, events, rows, stepMs, ...lines };
          await lake.write(last);
          model.events.push(...events.filter((event) => !model.erased.has(event.user_id)));
        } else if (each.do === 'again') {
          if (last) await lake.write(last);
        } else if (each.do === 'seal') {
          await lake.compact({ before: testTime - (3 - each.days) * day });
        } else if (each.do === 'rebuild') {
          await lake.resessionize({ from: testTime - 3 * day, to: testTime - each.from * day + day, stepMs });
        } else if (each.do === 'erase') {
          model.erased.add(`user ${each.user}`);
          model.events = model.events.filter((event) => !model.erased.has(event.user_id));
          await lake.erase({ userIds: [`user ${each.user}`], refuseLater: true });
        } else {
          await lake.close();
          lake = await open();
        }
      }
      expect(await lake.verify()).toMatchObject({ faults: [] });
      expect(await unsorted(folder, lake)).toEqual([]);
      await lake.close();

      const query = await openQuery({ folder });
      const ids = await query.query('SELECT event_id FROM events ORDER BY 1');
      const sessions = await query.query(
        `SELECT concat_ws(' ', user_id, epoch_ms(timeagg), events, epoch_ms(beginsession), epoch_ms(endsession)) AS line FROM sessions`,
      );
      await query.close();
      await rm(folder, { recursive: true });
      expect(ids.rows.map((row) => row.event_id)).toEqual(model.events.map((event) => event.event_id).toSorted());
      expect(sessions.rows.map((row) => String(row.line)).toSorted()).toEqual(model.sessions());
    }),
    { numRuns: runs },
  );
}, 120_000);
