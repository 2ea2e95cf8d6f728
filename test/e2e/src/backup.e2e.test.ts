import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ask, openTap, post, runTap, temporaryFolder, until } from './tap.ts';

test('a lake copied beside a running tap as docs/operate.md says, a commit between its manifests, takes all that comes later', async () => {
  await using folder = await temporaryFolder();
  await using backup = await temporaryFolder();
  const tap = await openTap(folder.path, '--window', '1s');
  await send(tap.url, 'before', 5);
  await untilInLake(folder.path, 'before', 5);
  const [manifests, ...files] = await backupScript(join(folder.path, 'lake'), join(backup.path, 'lake'));
  const [first, second] = ['rawdata', 'aggregated'].map((table) => manifests!.replace('rawdata aggregated', table));
  sh(first!);
  await send(tap.url, 'between', 5);
  await untilInLake(folder.path, 'between', 5);
  sh(second!);
  for (const line of files) sh(line);
  expect(await tap.stop('SIGKILL')).toBeNull();

  const doctor = await runTap('doctor', '--data', backup.path);
  expect(doctor.output).toMatch(/^ok +lake: .*all as the manifests say$/m);
  expect(doctor.code).toBe(0);
  const restored = await openTap(backup.path, '--window', '1s');
  await send(restored.url, 'after', 10);
  expect(await restored.stop('SIGTERM')).toBe(0);
  expect(await ask(backup.path, 'SELECT user_id, count(*)::INT AS n FROM rawdata GROUP BY 1 ORDER BY 1')).toEqual([
    { user_id: 'after', n: 10 },
    { user_id: 'before', n: 5 },
  ]);
  expect(
    await ask(backup.path, `SELECT sum(events)::INT AS n FROM sessions WHERE user_id IN ('before', 'after')`),
  ).toEqual([{ n: 15 }]);
});

async function send(url: string, user_id: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const event = { event_id: `${user_id}-${i}`, user_id, device_id: 'mobile', client_event: 'e' };
    expect((await post(url, [{ ...event, client_timestamp: Date.now() }])).status).toBe(204);
  }
}

/** Waits until both tables have them. */
async function untilInLake(dataFolder: string, user_id: string, count: number): Promise<void> {
  await until(
    30_000,
    () =>
      ask(
        dataFolder,
        `SELECT (SELECT count(*)::INT FROM rawdata WHERE user_id = '${user_id}') AS events,
                (SELECT sum(events)::INT FROM sessions WHERE user_id = '${user_id}') AS in_sessions`,
      ),
    ([row]) => row?.events === count && row.in_sessions === count,
  );
}

/** The lines of the document's script, from and to these folders. */
async function backupScript(from: string, to: string): Promise<string[]> {
  await mkdir(to, { recursive: true });
  const document = await readFile(join(import.meta.dirname, '../../../docs/operate.md'), 'utf8');
  const [, script] = /```sh\n(from=[^`]+)```/.exec(document)!;
  const [, ...lines] = script!.trim().split('\n');
  return lines.map((line) => `set -e; from='${from}' to='${to}'; ${line}`);
}

function sh(line: string): void {
  execFileSync('sh', ['-c', line]);
}
