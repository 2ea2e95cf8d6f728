/** Durable appends by 64 writers, 20 events (10.9 kB) each: our log beside other stores, each with a group commit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ClassicLevel } from 'classic-level';
import { openLog } from '../../packages/streams/src/log/index.ts';

interface Store {
  append(data: string): Promise<void>;
  close(): Promise<void>;
}

interface StoreRound {
  eventsPerSecond: number;
  cpuUs: number;
}

const eventsPerRecord = 20;
const record = JSON.stringify({ properties: 'x'.repeat(525) }).repeat(eventsPerRecord);
const stores: Record<string, (path: string) => Promise<Store>> = {
  'our log (lmdb)': async (path) => {
    const log = await openLog({ path });
    return { append: (data) => log.append([{ partitionKey: 'key', data }]), close: () => log.close() };
  },
  'plain file': async (path) => {
    const file = await openFile(join(path, 'file'), 'a');
    return grouped(
      async (records) => {
        await file.write(records.join('\n'));
        await file.datasync();
      },
      () => file.close(),
    );
  },
  'better-sqlite3': async (path) => {
    const db = new Database(join(path, 'db'));
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE records (data TEXT)');
    const insert = db.prepare('INSERT INTO records (data) VALUES (?)');
    const insertAll = db.transaction((records: readonly string[]) => records.forEach((data) => insert.run(data)));
    return grouped(
      async (records) => insertAll(records),
      async () => void db.close(),
    );
  },
  'classic-level': async (path) => {
    const db = new ClassicLevel<string, string>(path);
    let next = 0;
    return grouped(
      (records) =>
        db.batch(
          records.map((value) => ({ type: 'put' as const, key: String((next += 1)).padStart(16, '0'), value })),
          { sync: true },
        ),
      () => db.close(),
    );
  },
};

/** Rounds of `seconds` for each store, interleaved. */
export async function benchStores(rounds: number, seconds: number): Promise<string> {
  const results = new Map<string, StoreRound[]>(Object.keys(stores).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1)
    for (const [name, open] of Object.entries(stores)) {
      const result = await measure(open, round < 0 ? 0.5 : seconds);
      if (round >= 0) results.get(name)!.push(result);
    }
  const figure = (of: StoreRound[], key: keyof StoreRound): string =>
    Math.round(of.map((result) => result[key]).toSorted((a, b) => a - b)[of.length >> 1]!).toLocaleString('en');
  const rows = [...results].map(
    ([name, of]) => `| ${name} | ${figure(of, 'eventsPerSecond')} | ${figure(of, 'cpuUs')} |`,
  );
  return ['| durable store | events/s | CPU us a record of 20 |', '|---|---|---|', ...rows].join('\n');
}

async function measure(open: (path: string) => Promise<Store>, seconds: number): Promise<StoreRound> {
  const path = mkdtempSync(join(tmpdir(), 'taphouse-bench-store-'));
  const store = await open(path);
  const until = performance.now() + seconds * 1000;
  const cpuBefore = process.cpuUsage();
  let appended = 0;
  const write = async (): Promise<void> => {
    while (performance.now() < until) {
      await store.append(record);
      appended += 1;
    }
  };
  await Promise.all(Array.from({ length: 64 }, write));
  const { user, system } = process.cpuUsage(cpuBefore);
  await store.close();
  rmSync(path, { recursive: true });
  return { eventsPerSecond: (appended * eventsPerRecord) / seconds, cpuUs: (user + system) / appended };
}

/** One commit at a time; what comes meanwhile is in the next. */
function grouped(commit: (records: readonly string[]) => Promise<unknown>, close: () => Promise<void>): Store {
  let waiting: { data: string; done: PromiseWithResolvers<void> }[] = [];
  let committing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await commit(group.map(({ data }) => data));
      for (const { done } of group) done.resolve();
    }
    committing = undefined;
  };
  return {
    append(data) {
      const done = Promise.withResolvers<void>();
      waiting.push({ data, done });
      committing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(run);
      return done.promise;
    },
    close,
  };
}
