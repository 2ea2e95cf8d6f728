import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { openLake } from './lake.ts';
import { openQuery } from './open-query.ts';
import { commitNumber, eventsPerCommit } from './testing/commit-forever.ts';

const rounds = Number(process.env.TAPHOUSE_ROUNDS ?? 3);
const script = join(import.meta.dirname, 'testing/commit-forever.ts');

/** Runs the writer until it has committed something, kills it at any moment after, and gives its last commit. */
async function commitAndDie(folder: string): Promise<number> {
  const writer = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = 0;
  const ended = new Promise((resolve) => writer.once('close', resolve));
  for await (const text of writer.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    const began = last === 0;
    last = Number(text.trim().split('\n').at(-1));
    if (began) setTimeout(() => writer.kill('SIGKILL'), 100 + Math.random() * 600);
  }
  await ended;
  return last;
}

it(
  'a lake whose writer is killed again and again has each commit once, and all that were acknowledged',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lake-'));
    let acknowledged = 0;
    for (let round = 0; round < rounds; round += 1) acknowledged = Math.max(acknowledged, await commitAndDie(folder));

    const lake = await openLake({ folder, sealAfterMs: Infinity });
    const committed = Number((await lake.mark('0'))?.position);
    expect(committed).toBeGreaterThanOrEqual(acknowledged);
    await lake.write(commitNumber(committed));
    for (const table of ['rawdata', 'aggregated'] as const) {
      for (const { path, bytes } of (await lake.manifest(table)).files) {
        expect((await stat(join(folder, table, path))).size).toBe(bytes);
      }
    }
    await lake.close();

    const query = await openQuery({ folder });
    const one = async (sql: string): Promise<unknown> => (await query.query(sql)).rows[0];
    const all = committed * eventsPerCommit;
    expect(await one('SELECT count(*)::INTEGER AS n, count(DISTINCT event_id)::INTEGER AS ids FROM rawdata')).toEqual({
      n: all,
      ids: all,
    });
    expect(await one('SELECT sum(events)::INTEGER AS n FROM sessions')).toEqual({ n: all });
    await query.close();
    await rm(folder, { recursive: true });
  },
  30_000 + rounds * 5000,
);
