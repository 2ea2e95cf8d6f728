import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ClickEvent, SessionRow } from '@taphouse/schema';
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import { type Commit, createSessionizer, windowPresets } from '@taphouse/sessions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { directoryStore } from './directory-store.ts';
import { type Lake, openLake } from './lake.ts';
import { openQuery } from './open-query.ts';

let folder: string;
let lake: Lake;
let nowAt: number;
const day = 86_400_000;
/** What happens so long after an erasure is no longer covered by it. */
const soon = 11 * 60_000;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-'));
  nowAt = testTime + 10 * day;
  lake = await openLake({ folder, now: () => nowAt, sealAfterMs: Infinity });
});

afterEach(async () => {
  await lake.close();
  await rm(folder, { recursive: true });
});

function commit(sequence: number, users: readonly string[], at = testTime): Commit {
  return {
    shard: '0',
    configHash: 's30000-r30000',
    from: null,
    mark: { position: String(sequence).padStart(8, '0'), clockAt: at, drained: false },
    events: users.map((user_id) => click({ user_id, client_timestamp: at })),
    rows: users.map((user_id) => sessionRow({ user_id, beginsession: at })),
    stepMs: 30_000,
  };
}

async function users(table: string): Promise<unknown[]> {
  const query = await openQuery({ folder });
  const { rows } = await query.query(`SELECT user_id FROM ${table} ORDER BY 1`);
  await query.close();
  return rows.map((row) => row.user_id);
}

function letter(event: unknown): string {
  return `${JSON.stringify({ received_at: testTime, reason: 'x', index: 0, event })}\n`;
}

/** Everything on the disk, as one text: Parquet keeps the smallest and largest user_id of a file in plain. */
async function allBytes(): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((each) => readFile(join(each.parentPath, each.name), 'latin1')))).join('\n');
}

describe('erasing a user', () => {
  it('leaves no trace of the id in any file, and every other row', async () => {
    for (let sequence = 1; sequence <= 12; sequence += 1) {
      await lake.write(commit(sequence, ['ann', 'zzz-erased', 'bob'], testTime + (sequence % 3) * day));
    }
    await lake.compact({ before: testTime + day });
    expect(await allBytes()).toContain('zzz-erased');
    const report = await lake.erase({ userIds: ['zzz-erased', 'nobody'] });
    expect(report).toMatchObject({ deadLetters: 0, proof: { found: 0 } });
    expect(report.rows).toBeGreaterThanOrEqual(12);
    expect(await users('sessions')).not.toContain('zzz-erased');
    expect((await users('rawdata')).length).toBe(24);
    expect(await allBytes()).not.toContain('zzz-erased');
  });

  it('keeps what a day is: sealed files stay sealed, with their step', async () => {
    await lake.write(commit(1, ['ann', 'bob']));
    await lake.compact({ before: nowAt });
    await lake.erase({ userIds: ['bob'] });
    expect((await lake.manifest('aggregated')).files).toMatchObject([{ sealed: true, rows: 1, stepMs: 30_000 }]);
    expect((await lake.manifest('rawdata')).marks).toEqual({ 0: commit(1, []).mark });
  });

  it('drops what is replayed from before, and takes what comes later', async () => {
    await lake.erase({ userIds: ['ann'] });
    await lake.write(commit(1, ['ann', 'bob'], nowAt - 1));
    expect(await users('rawdata')).toEqual(['bob']);
    await lake.write(commit(2, ['ann'], nowAt + soon));
    expect(await users('rawdata')).toEqual(['ann', 'bob']);
  });

  it('refuses what comes later on request, also after a second erasure without it', async () => {
    await lake.erase({ userIds: ['ann'], refuseLater: true });
    await lake.erase({ userIds: ['ann'] });
    await lake.write(commit(1, ['ann', 'bob'], nowAt + soon));
    expect(await users('aggregated')).toEqual(['bob']);
    const erased = await lake.erasedUsers();
    expect(['ann', 'bob'].map((user) => erased.covers(user, nowAt + day))).toEqual([true, false]);
    expect(await readFile(join(folder, 'erased.json'), 'utf8')).not.toContain('ann');
  });

  it('stores nothing where a newer version says who was erased', async () => {
    await lake.erase({ userIds: ['51'], refuseLater: true });
    const store = directoryStore(folder);
    const list = await store.get('erased.json');
    const text = new TextDecoder().decode(list?.body);
    const newer = text.replace('"format":1', '"format":2');
    expect(newer).not.toBe(text);
    await store.replace('erased.json', new TextEncoder().encode(newer), list?.tag);
    await expect(lake.write(commit(1, ['51', '52']))).rejects.toThrow(/erased.json: format 2; .* update Taphouse/);
    await expect(lake.erase({ userIds: ['53'] })).rejects.toThrow(/format 2/);
    expect(await users('rawdata')).toEqual([]);
  });

  it('lets no window that was open then count what came before, nor part of what came after', async () => {
    const engine = createSessionizer(windowPresets.seconds);
    let position = 0;
    const tap = async (fromAt: number, seconds: number, drained: boolean): Promise<void> => {
      const events: ClickEvent[] = [];
      const rows: SessionRow[] = [];
      for (let second = 0; second < seconds; second += 1) {
        const arrivedAt = fromAt + second * 1000;
        const user_id = ['ann', 'bob'][second % 2] ?? '';
        // Clocks that go wrong by up to 9 minutes either way.
        const client_timestamp = arrivedAt + ((second * 7919) % 1_080_000) - 540_000;
        const event = click({ user_id, client_timestamp, received_at: arrivedAt - 20 });
        events.push(event);
        rows.push(...engine.push(event, arrivedAt));
      }
      if (drained) rows.push(...engine.drain());
      position += 1;
      const mark = { position: String(position).padStart(8, '0'), clockAt: fromAt + seconds * 1000, drained };
      await lake.write({ shard: '0', configHash: 's', from: null, mark, events, rows, stepMs: 30_000 });
    };
    await tap(nowAt - 600_000, 600, false);
    expect(engine.openRows(100).some((row) => row.user_id === 'ann')).toBe(true);
    const { rows } = await lake.erase({ userIds: ['ann'] });
    expect(rows).toBeGreaterThan(300);
    await tap(nowAt, 1800, true);
    const range = { from: nowAt - day, to: nowAt + day };
    expect(await lake.check(range)).toMatchObject({ missing: 0, unfounded: 0 });
    await lake.resessionize({ ...range, stepMs: 30_000 });
    const query = await openQuery({ folder });
    const first = await query.query(
      `SELECT epoch_ms(min(beginsession))::DOUBLE AS at FROM aggregated WHERE user_id = 'ann'`,
    );
    expect(first.rows[0]?.at).toBeGreaterThan(nowAt);
    await query.close();
  });

  it('takes files of two writers beside each other', async () => {
    const other = await openLake({ folder, now: () => nowAt, sealAfterMs: Infinity });
    const commits = Array.from({ length: 20 }, (_, index) => commit(index + 1, ['ann', `user ${index}`]));
    const writing = (async () => {
      for (const each of commits) await other.write(each);
    })();
    const reports = [await lake.erase({ userIds: ['ann'] })];
    await writing;
    reports.push(await lake.erase({ userIds: ['ann'] }));
    await other.close();
    expect(reports[1]?.rows).toBe(0);
    expect((await users('rawdata')).length).toBe(20);
    expect(await users('sessions')).not.toContain('ann');
  });

  it('is not disturbed by files that another process deletes between being listed and being read', async () => {
    await lake.write(commit(1, ['ann', 'bob']));
    const store = directoryStore(folder);
    const vanishing = 'rawdata/year=2026/month=11/day=23/left-over.parquet';
    const copy = await readFile(
      join(
        folder,
        (await store.list('rawdata/')).map(({ key }) => key).find((key) => key.endsWith('.parquet'))!,
      ),
    );
    await writeFile(join(folder, vanishing), copy);
    const other = await openLake({
      store: {
        ...store,
        list: async (prefix) => {
          const listed = await store.list(prefix);
          await store.delete([vanishing]);
          return listed;
        },
      },
      workFolder: folder,
      now: () => nowAt,
      sealAfterMs: Infinity,
    });
    const report = await other.erase({ userIds: ['ann'] });
    await other.close();
    expect(report.rows).toBeGreaterThan(0);
    expect(await users('rawdata')).toEqual(['bob']);
  });

  it('goes on where a process died, when the lake is next opened', async () => {
    await lake.write(commit(1, ['ann', 'bob'], testTime));
    await lake.write(commit(2, ['ann', 'bob'], testTime + day));
    await lake.close();
    for (let dieAt = 2; dieAt < 12; dieAt += 1) {
      const store = directoryStore(folder);
      let changes = 0;
      const die = <T>(act: () => Promise<T>): Promise<T> => {
        changes += 1;
        return changes >= dieAt ? Promise.reject(new Error('died')) : act();
      };
      const mortal = await openLake({
        store: {
          ...store,
          put: (key, body) => die(() => store.put(key, body)),
          replace: (key, body, tag) => die(() => store.replace(key, body, tag)),
          putFile: (key, path) => die(() => store.putFile(key, path)),
          delete: (keys) => (keys.length === 0 ? Promise.resolve() : die(() => store.delete(keys))),
        },
        workFolder: folder,
        now: () => nowAt,
      }).catch(() => undefined);
      await mortal?.erase({ userIds: ['ann'] }).catch(() => {});
      await mortal?.close();
    }
    lake = await openLake({ folder, now: () => nowAt, sealAfterMs: Infinity });
    expect(await users('rawdata')).toEqual(['bob', 'bob']);
    expect(await users('aggregated')).toEqual(['bob', 'bob']);
    expect(await readdir(join(folder, 'erasing'))).toEqual([]);
  });

  it('goes on with each of two that died, and with one of a version before', async () => {
    await lake.write(commit(1, ['ann', 'bob', 'cid', 'dan'], testTime));
    await lake.close();
    const store = directoryStore(folder);
    const journals = { 'erasing/one.json': 'ann', 'erasing/two.json': 'bob', 'erasing.json': 'cid' };
    for (const [key, user] of Object.entries(journals)) {
      const journal = { options: { userIds: [user] }, erasedAt: nowAt };
      await store.put(key, new TextEncoder().encode(JSON.stringify(journal)));
    }
    lake = await openLake({ folder, now: () => nowAt, sealAfterMs: Infinity });
    expect(await users('rawdata')).toEqual(['dan']);
    expect([await readdir(join(folder, 'erasing')), await store.get('erasing.json')]).toEqual([[], undefined]);
  });

  it('removes dead letters of the user, in whatever form they lie there', async () => {
    const letters = join(folder, 'letters');
    await mkdir(letters);
    const theirs = [
      { user_id: 77 },
      { user_id: '77', page_url: 'x' },
      '{"events":[{"user_id" : "77", "dev',
      '{"user_id":77,',
    ];
    const others = [{ user_id: 770, price: 77 }, '{"user_id":"770"', { page_title: '77' }, null];
    await appendFile(join(letters, '2026-11-22.jsonl'), others.map(letter).join(''));
    await appendFile(join(letters, '2026-11-23.jsonl'), [...theirs, ...others].map(letter).join(''));
    const report = await lake.erase({ userIds: ['77'], deadLettersFolder: letters });
    expect(report).toMatchObject({ deadLetters: theirs.length, proof: { lettersScanned: 2 * others.length } });
    await appendFile(join(letters, '2026-11-23.jsonl'), [...theirs, ...others].map(letter).join(''));
    expect(await lake.erase({ userIds: ['77'], deadLettersFolder: letters })).toMatchObject({
      deadLetters: theirs.length,
    });
    const text = await Promise.all((await readdir(letters)).map((name) => readFile(join(letters, name), 'utf8')));
    expect(text.join('')).toBe(others.map(letter).join('').repeat(3));
  });

  it('removes dead letters from a day with hundreds of thousands', async () => {
    const letters = join(folder, 'letters');
    await mkdir(letters);
    const day = Array.from({ length: 200_000 }, (_, n) => letter({ user_id: n % 100_000 }));
    await appendFile(join(letters, '2026-11-23.jsonl'), day.join(''));
    const report = await lake.erase({ userIds: ['77', '78'], deadLettersFolder: letters });
    expect(report).toMatchObject({ deadLetters: 4, proof: { lettersScanned: 199_996 } });
    expect(await readdir(letters)).toEqual(['2026-11-23.kept-1.jsonl']);
  });
});

describe('retention', () => {
  it('drops whole days of the table that is named, and no other', async () => {
    await lake.write(commit(1, ['ann'], testTime));
    await lake.write(commit(2, ['bob'], testTime + day));
    const before = Math.floor(testTime / day) * day + day;
    expect(await lake.retain({ rawdataBefore: before })).toEqual({ files: 1, rows: 1 });
    expect([await users('rawdata'), await users('aggregated')]).toEqual([['bob'], ['ann', 'bob']]);
    expect(await lake.retain({ rawdataBefore: before, aggregatedBefore: before - 1 })).toEqual({ files: 0, rows: 0 });
  });
});
