import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQuery } from '../../packages/lake/src/files/index.ts';
import { batchSessions } from '../../packages/sessions/src/sql/index.ts';
import { type SentBatch, type Shoppers, eventsOf } from './shoppers.ts';

/** What the lake has beside what was acknowledged. All but the first three are to be 0. */
export interface Comparison {
  events: number;
  sessions: number;
  /** Rows of `rawdata` that are copies of another, of batches sent again. */
  copies: number;
  lost: number;
  /** Events that nobody sent, or more than once in the view. */
  doubled: number;
  /** Sessions of a batch query over what was sent that the merged rows do not have. */
  sessionsMissing: number;
  sessionsUnfounded: number;
  /** The same against a batch query over `rawdata`. */
  sessionsNotOfRawdata: number;
}

const what =
  'user_id, device_id, timeagg, events, beginnavigation, endnavigation, beginsession, endsession, begin_event_id, end_event_id';
const event = 'event_id, user_id, device_id, client_event, client_timestamp';

/** Holds the lake of a stopped tap against the batches that were acknowledged. */
export async function compare(
  dataFolder: string,
  shoppers: Shoppers,
  acknowledged: readonly SentBatch[],
  stepMs: number,
): Promise<Comparison> {
  const lake = await openQuery({ folder: join(dataFolder, 'lake') });
  const folder = await mkdtemp(join(tmpdir(), 'bench-sent-'));
  const count = async (relation: string): Promise<number> => {
    const { rows } = await lake.query(`SELECT count(*) AS n FROM ${relation}`);
    return Number(rows[0]?.n);
  };
  const run = (sql: string): Promise<unknown> => lake.query(sql);
  try {
    const path = join(folder, 'sent.csv');
    await writeFile(path, acknowledged.map(({ number, sentAt }) => `${number},${sentAt}\n`).join(''));
    await run(
      `CREATE TEMP TABLE sent AS FROM read_csv('${path}', header = false, columns = {number: 'BIGINT', sent_at: 'BIGINT'})`,
    );
    await run(`CREATE TEMP TABLE sent_events AS ${eventsOf(shoppers, 'sent')}`);
    await run(`CREATE TEMP TABLE stored AS SELECT ${event} FROM events`);
    await run(`CREATE TEMP TABLE merged AS SELECT ${what} FROM sessions`);
    await run(
      `CREATE TEMP TABLE of_sent AS SELECT ${what} FROM (${batchSessions({ stepMs, rawdata: 'sent_events' })})`,
    );
    await run(`CREATE TEMP TABLE of_rawdata AS SELECT ${what} FROM (${batchSessions({ stepMs })})`);
    const events = await count('stored');
    return {
      events,
      sessions: await count('merged'),
      copies: (await count('rawdata')) - events,
      lost: await count(`(SELECT ${event} FROM sent_events EXCEPT FROM stored)`),
      doubled: events - (await count('(FROM stored INTERSECT SELECT ' + event + ' FROM sent_events)')),
      sessionsMissing: await count('(FROM of_sent EXCEPT ALL FROM merged)'),
      sessionsUnfounded: await count('(FROM merged EXCEPT ALL FROM of_sent)'),
      sessionsNotOfRawdata: await count(
        '((FROM of_rawdata EXCEPT ALL FROM merged) UNION ALL (FROM merged EXCEPT ALL FROM of_rawdata))',
      ),
    };
  } finally {
    await lake.close();
    await rm(folder, { recursive: true });
  }
}

/** Whether nothing is lost, doubled or different. */
export function isExact(found: Comparison): boolean {
  const { lost, doubled, sessionsMissing, sessionsUnfounded, sessionsNotOfRawdata } = found;
  return lost + doubled + sessionsMissing + sessionsUnfounded + sessionsNotOfRawdata === 0;
}
