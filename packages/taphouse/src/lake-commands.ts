import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { type Lake, openLake } from '@taphouse/lake/files';

import { openAlertOutbox } from './alert-outbox.ts';
import { lakeFolderOf, readDayStep, UsageError } from './config.ts';

/** `taphouse compact`: seals the days that have ended. Works beside a running process. */
export async function runCompact(dataFolder: string): Promise<void> {
  await withLake(dataFolder, async (lake) => {
    const { days, filesBefore, filesAfter, rowsBefore, rowsAfter } = await lake.compact();
    if (days === 0) console.log('Nothing to seal: every day that has ended is sealed.');
    else
      console.log(
        `Sealed ${days} days: ${filesBefore} files became ${filesAfter}, ${rowsBefore} rows became ${rowsAfter}.`,
      );
  });
}

/** `taphouse erase`: removes all rows of a user and says how it was checked. */
export async function runErase(dataFolder: string, userId: string | undefined, refuseLater: boolean): Promise<void> {
  if (!userId) throw new UsageError('erase: no user given; try taphouse erase --user-id 51');
  await withLake(dataFolder, async (lake) => {
    const report = await lake.erase({
      userIds: [userId],
      deadLettersFolder: join(dataFolder, 'dead-letters'),
      refuseLater,
    });
    console.log(
      `Erased ${report.rows} rows in ${report.files} files and ${report.deadLetters} dead letters. Then read all ` +
        `${report.proof.filesScanned} files and ${report.proof.lettersScanned} dead letters again: ${report.proof.found} rows of the user.`,
    );
    const alerts = await eraseAlerts(join(dataFolder, 'alerts'), userId);
    if (alerts > 0) console.log(`Erased ${alerts} alerts that waited for the webhook.`);
    console.log(
      'The log forgets what is in the lake: a running taphouse start within seconds, one that is stopped after its next start.',
    );
    const erased = await lake.erasedUsers();
    console.log(
      erased.refuses(userId)
        ? 'Later events of the user are not stored.'
        : 'What the user does from 10 minutes on is stored; --refuse-later changes that.',
    );
  });
}

async function eraseAlerts(folder: string, userId: string): Promise<number> {
  if (!existsSync(folder)) return 0;
  const outbox = await openAlertOutbox(folder);
  try {
    return await outbox.erase([userId]);
  } finally {
    await outbox.close();
  }
}

/** No event is older: the clock begins in 1970. */
const mostDays = 20_000;

/** `taphouse retain`: drops whole days that ended more than `days` days ago. */
export async function runRetain(dataFolder: string, days: string | undefined): Promise<void> {
  const kept = Number(days);
  if (!(kept >= 1 && kept <= mostDays))
    throw new UsageError(
      `retain: ${days ?? 'nothing'} is not a number of days from 1 to ${mostDays}; try taphouse retain --days 400`,
    );
  const before = Date.now() - kept * 86_400_000;
  await withLake(dataFolder, async (lake) => {
    const { files, rows } = await lake.retain({ rawdataBefore: before, aggregatedBefore: before });
    console.log(
      `Dropped ${rows} rows in ${files} files, of days that ended before ${new Date(before).toISOString().slice(0, 10)}.`,
    );
  });
}

/** `taphouse import`: takes in old events, JSON lines or a Firehose folder, and makes their sessions. */
export async function runImport(
  dataFolder: string,
  path: string | undefined,
  window: string | undefined,
): Promise<void> {
  if (!path) throw new UsageError('import: no file or folder given; try taphouse import events.jsonl');
  if (!existsSync(path))
    throw new UsageError(`import: ${path} is not there; give a file of JSON lines or a folder of them`);
  const stepMs = readDayStep(window ?? 'seconds');
  mkdirSync(join(dataFolder, 'lake'), { recursive: true });
  await withLake(dataFolder, async (lake) => {
    const report = await lake.import({
      path,
      stepMs,
      onProgress: ({ files, ofFiles, events, bytes, ofBytes }) =>
        console.log(
          `${files} of ${ofFiles} files, ${Math.round((bytes / Math.max(ofBytes, 1)) * 100)} %: ${events} events`,
        ),
      onRefused: sayRefused(),
    });
    console.log(
      `Took in ${report.events} events of ${report.files} files and made ${report.sessions} session rows; ` +
        `${report.refused} records refused, ${report.skipped} files taken in before.`,
    );
    if (report.visitorsLeft > 0) sayLeft(report.visitorsLeft);
    if (report.events === 0 && report.refused > 0)
      throw new UsageError(
        `import: no record of ${path} is an event; docs/migrate-from-kda.md says what one looks like`,
      );
    if (report.files + report.skipped === 0)
      throw new UsageError(`import: no file in ${path}; give the folder above them`);
  });
}

const mostRefusalsSaid = 100;

/** Says why records are refused: of so many, for a file of something else has one a line. */
function sayRefused(): (refused: { path: string; number: number; reason: string }) => void {
  let said = 0;
  return ({ path, number, reason }) => {
    said += 1;
    // A terminal obeys control characters, and the reason quotes the record.
    if (said <= mostRefusalsSaid)
      console.error(`refused: ${path}, record ${number}: ${reason.replaceAll(/\p{Cc}/gu, '\u{FFFD}')}`);
    if (said === mostRefusalsSaid) console.error('refused: more of them are counted, and not said');
  };
}

/** `taphouse resessionize`: makes the rows of some days again from their events, with any step. */
export async function runResessionize(dataFolder: string, days: Days, window: string | undefined): Promise<void> {
  const stepMs = readDayStep(window ?? 'seconds');
  const range = readDays(days);
  await withLake(dataFolder, async (lake) => {
    const report = await lake.resessionize({ ...range, stepMs, onProgress: sayProgress });
    console.log(`${report.rowsBefore} rows became ${report.rowsAfter}, in steps of ${stepMs / 1000} s.`);
    if (report.visitorsLeft > 0) sayLeft(report.visitorsLeft);
  });
}

/** `taphouse check`: compares the sessions of some days with the batch query over their events. Fails if they differ. */
export async function runCheck(dataFolder: string, days: Days): Promise<void> {
  const range = readDays(days);
  await withLake(dataFolder, async (lake) => {
    const { sessions, missing, unfounded, examples, visitorsLeft } = await lake.check(range);
    if (missing + unfounded > 0) {
      console.log(
        JSON.stringify(examples, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value), 2),
      );
      throw new UsageError(
        `check: of ${sessions} sessions, ${missing} are missing and ${unfounded} unfounded; taphouse resessionize makes the days again`,
      );
    }
    console.log(`${sessions} sessions, and each is what its events say.`);
    if (visitorsLeft > 0) sayLeft(visitorsLeft);
  });
}

function sayLeft(visitors: number): void {
  console.log(`Left out: ${visitors} visitors whose windows may still be open; run it again later for them.`);
}

function sayProgress(done: { days: number; ofDays: number; rows: number }): void {
  console.log(`day ${done.days} of ${done.ofDays}: ${done.rows} rows`);
}

/** `--from` and `--to`, days as 2026-11-23, inclusive; today (UTC) where not given. */
export interface Days {
  from?: string | undefined;
  to?: string | undefined;
}

function readDays({ from, to }: Days): { from: number; to: number } {
  const today = new Date().toISOString().slice(0, 10);
  const range = { from: readDay('--from', from ?? to ?? today), to: readDay('--to', to ?? today) };
  if (range.from > range.to) throw new UsageError(`--from: ${from} is after --to; give the first day first`);
  return range;
}

function readDay(name: string, text: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text)
    throw new UsageError(`${name}: ${text} is not a day such as 2026-11-23`);
  return at;
}

async function withLake(dataFolder: string, use: (lake: Lake) => Promise<void>): Promise<void> {
  const lake = await openLake({ folder: lakeFolderOf(dataFolder) });
  try {
    await use(lake);
  } catch (error) {
    throw explained(error);
  } finally {
    await lake.close();
  }
}

/** DuckDB's own words end in the place in a statement that is ours. */
function explained(error: unknown): unknown {
  const [, fault] = (error instanceof Error && /^(\w[\w ]* Error: .*)/.exec(error.message)) || [];
  return fault ? new Error(`${fault}; taphouse doctor says which files are not whole`, { cause: error }) : error;
}
