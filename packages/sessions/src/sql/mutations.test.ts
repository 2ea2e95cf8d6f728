import { beforeAll, describe, expect, it } from 'vitest';
import { createSessionizer } from '../engine/sessionizer.ts';
import { type GoldenPair, loadGoldenPairs } from '../testing/golden-pairs.ts';
import { loadTables } from '../testing/load-tables.ts';
import { type NativeDuckDb, openNativeDuckDb } from '../testing/native.ts';
import { batchSessions, duckdbViews } from './index.ts';

/** A fault that someone might put into the SQL: the golden pairs must show it. */
interface Mutation {
  trap: string;
  /** What takes the place of what; it must be there. */
  from: RegExp;
  to: string;
}

const mutations: Mutation[] = [
  {
    trap: 'ROWS in place of RANGE in the running count',
    from: /ORDER BY beginsession RANGE BETWEEN/,
    to: 'ORDER BY beginsession ROWS BETWEEN',
  },
  {
    trap: 'the end of the row before in place of the furthest so far',
    from: /max\(endsession\) OVER/,
    to: 'last_value(endsession) OVER',
  },
  { trap: 'an exact gap left out', from: /beginsession > reach \+ gap/, to: 'beginsession >= reach + gap' },
  {
    trap: 'a filter on time below the merge',
    from: /FROM aggregated AS a/g,
    to: 'FROM (SELECT * FROM aggregated WHERE $IN_TIME) AS a',
  },
  { trap: 'copies of a row counted', from: /AS numbered WHERE copy = 1\) AS partial/g, to: 'AS numbered) AS partial' },
  { trap: 'copies of an event counted', from: /AS numbered WHERE copy = 1\) AS e/, to: 'AS numbered) AS e' },
  {
    trap: 'the last copy in place of the first',
    from: /ORDER BY received_at, client_timestamp/,
    to: 'ORDER BY received_at DESC, client_timestamp',
  },
  { trap: '% of a time before 1970', from: /\(\(happened % (\d+)\) \+ \d+\) % \d+/, to: '(happened % $1)' },
  { trap: '// of a time before 1970', from: /floor\(\(bucket\) \/ 1000\.0\)/, to: '((bucket) // 1000)' },
  {
    trap: 'ties by arrival in the merge',
    from: /ROW\(beginsession, begin_event_id\)/g,
    to: 'ROW(beginsession, window_open)',
  },
  {
    trap: 'ties by arrival in the batch',
    from: /ROW\(client_timestamp, event_id\)/g,
    to: 'ROW(client_timestamp, received_at)',
  },
  { trap: 'users merged over devices', from: /PARTITION BY user_id, device_id/g, to: 'PARTITION BY user_id' },
];

/** Tied rows come in another order than the window before left them in: no engine owes us that one. */
const disorder: Mutation = {
  trap: 'tied rows in another order',
  from: /FROM reached\n\)/,
  to: 'FROM (SELECT * FROM reached ORDER BY endsession DESC, row_id DESC) AS disordered\n)',
};

describe('golden pairs', () => {
  const shown = new Map<Mutation, string[]>([disorder, ...mutations].map((mutation) => [mutation, []]));

  beforeAll(async () => {
    const db = await openNativeDuckDb();
    for (const pair of loadGoldenPairs()) {
      await load(db, pair);
      for (const [mutation, names] of shown)
        if ((names.length === 0 || mutation === disorder) && !(await isRight(db, pair, mutation)))
          names.push(pair.name);
    }
  }, 120_000);

  it('do not mind in what order tied rows come', () => {
    expect(shown.get(disorder)).toEqual([]);
  });

  it.each(mutations)('show $trap', (mutation) => {
    expect(shown.get(mutation)).toHaveLength(1);
  });
});

it.each([disorder, ...mutations])('$trap is a change of the text as it is', ({ from }) => {
  expect([...duckdbViews(), batchSessions({ stepMs: 30_000 })].join('\n')).toMatch(from);
});

/** Rows of an engine with room for two windows, each row twice. */
async function load(db: NativeDuckDb, pair: GoldenPair): Promise<void> {
  const sessionizer = createSessionizer({ stepMs: pair.stepMs, rangeMs: pair.rangeMs }, { maxOpenWindows: 2 });
  const rows = pair.clicks.flatMap(({ event, arrivedAt }) => sessionizer.push(event, arrivedAt));
  rows.push(...sessionizer.drain());
  const events = pair.clicks.map(({ event }) => event);
  for (const statement of loadTables(events, [...rows, ...rows])) await db.run(statement);
}

/** Whether the mutated text finds the sessions of the pair; if it is about time, those that begin in the later half. */
async function isRight(db: NativeDuckDb, pair: GoldenPair, mutation: Mutation): Promise<boolean> {
  const times = pair.clicks.map(({ event }) => event.client_timestamp);
  const from = mutation.to.includes('$IN_TIME') ? Math.floor((Math.min(...times) + Math.max(...times)) / 2) : -Infinity;
  const inTime = from === -Infinity ? 'true' : `beginsession >= epoch_ms(${from}::BIGINT)`;
  const mutated = (sql: string): string => mutate(mutate(sql, disorder), mutation).replaceAll('$IN_TIME', inTime);
  for (const statement of duckdbViews()) await db.run(mutated(statement));
  const finds = async (relation: string, by: string, sessions: GoldenPair['sessions']): Promise<boolean> => {
    const found = await db.all(`SELECT * FROM ${relation} WHERE ${inTime} ORDER BY user_id, device_id, ${by}`);
    return (
      JSON.stringify(found) === JSON.stringify(sessions.filter((session) => (session.beginsession as number) >= from))
    );
  };
  if (!(await finds(`(${mutated(batchSessions(pair))})`, 'timeagg', pair.sessions))) return false;
  if (from === -Infinity && !(await finds('sessions', 'timeagg', pair.sessions))) return false;
  for (const { gapMs, sessions } of pair.within) {
    const within = `sessions_within(INTERVAL '${gapMs} milliseconds')`;
    if (!(await finds(within, 'beginsession', sessions))) return false;
  }
  return true;
}

function mutate(sql: string, { from, to }: Mutation): string {
  return sql.replace(from, to);
}
