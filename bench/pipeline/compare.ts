import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LakeQuery, openQuery } from '../../packages/lake/src/files/index.ts';
import { batchSessions, duckdbViews } from '../../packages/sessions/src/sql/index.ts';
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

/** Events that are compared at once; 30 million took 22 GB. */
const eventsAtOnce = 8_000_000;

/** Holds the lake of a stopped tap against the batches that were acknowledged: some visitors after the other, as memory allows. */
export async function compare(
  dataFolder: string,
  shoppers: Shoppers,
  acknowledged: readonly SentBatch[],
  stepMs: number,
): Promise<Comparison> {
  const lake = await openQuery({ folder: join(dataFolder, 'lake') });
  const folder = await mkdtemp(join(tmpdir(), 'bench-sent-'));
  try {
    const path = join(folder, 'sent.csv');
    await writeFile(path, acknowledged.map(({ number, sentAt }) => `${number},${sentAt}\n`).join(''));
    await lake.query(
      `CREATE TEMP TABLE sent AS FROM read_csv('${path}', header = false, columns = {number: 'BIGINT', sent_at: 'BIGINT'})`,
    );
    const parts = Math.max(1, Math.ceil((await countIn(lake, 'rawdata')) / eventsAtOnce));
    const found: Comparison[] = [];
    for (let part = 0; part < parts; part += 1) {
      const visitors = `hash(user_id) % ${parts} = ${part}`;
      found.push(await compareVisitors(lake, visitors, eventsOf(shoppers, 'sent'), stepMs));
    }
    const sum = (key: keyof Comparison): number => found.reduce((total, each) => total + each[key], 0);
    const keys = Object.keys(found[0] ?? {}) as (keyof Comparison)[];
    return Object.fromEntries(keys.map((key) => [key, sum(key)])) as unknown as Comparison;
  } finally {
    await lake.close();
    await rm(folder, { recursive: true });
  }
}

/** @param visitors a condition on `user_id` */
async function compareVisitors(lake: LakeQuery, visitors: string, sent: string, stepMs: number): Promise<Comparison> {
  const of = (relation: string): string => `(SELECT * FROM ${relation} WHERE ${visitors})`;
  const rawdata = of('rawdata');
  for (const view of duckdbViews({ rawdata, aggregated: of('aggregated') })) await lake.query(view);
  const tables = {
    sent_events: `FROM ${of(`(${sent})`)}`,
    stored: `SELECT ${event} FROM events`,
    merged: `SELECT ${what} FROM sessions`,
    of_sent: `SELECT ${what} FROM (${batchSessions({ stepMs, rawdata: 'sent_events' })})`,
    of_rawdata: `SELECT ${what} FROM (${batchSessions({ stepMs, rawdata })})`,
  };
  for (const [name, sql] of Object.entries(tables)) await lake.query(`CREATE OR REPLACE TEMP TABLE ${name} AS ${sql}`);
  const count = (relation: string): Promise<number> => countIn(lake, relation);
  const events = await count('stored');
  return {
    events,
    sessions: await count('merged'),
    copies: (await count(rawdata)) - events,
    lost: await count(`(SELECT ${event} FROM sent_events EXCEPT FROM stored)`),
    doubled: events - (await count(`(FROM stored INTERSECT SELECT ${event} FROM sent_events)`)),
    sessionsMissing: await count('(FROM of_sent EXCEPT ALL FROM merged)'),
    sessionsUnfounded: await count('(FROM merged EXCEPT ALL FROM of_sent)'),
    sessionsNotOfRawdata: await count(
      '((FROM of_rawdata EXCEPT ALL FROM merged) UNION ALL (FROM merged EXCEPT ALL FROM of_rawdata))',
    ),
  };
}

async function countIn(lake: LakeQuery, relation: string): Promise<number> {
  const { rows } = await lake.query(`SELECT count(*) AS n FROM ${relation}`);
  return Number(rows[0]?.n);
}

/** Whether nothing is lost, doubled or different. */
export function isExact(found: Comparison): boolean {
  const { lost, doubled, sessionsMissing, sessionsUnfounded, sessionsNotOfRawdata } = found;
  return lost + doubled + sessionsMissing + sessionsUnfounded + sessionsNotOfRawdata === 0;
}
