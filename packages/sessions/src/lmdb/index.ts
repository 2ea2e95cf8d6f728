/** The pump's state on disk, in lmdb: one durable transaction a save. Node only. */
import { statfs } from 'node:fs/promises';
import type { Mark } from '@taphouse/schema';
import { open } from 'lmdb';
import type { PumpState, StatePart } from '../pump-ports.ts';
import { SeenTable } from './seen-table.ts';

interface Head {
  mark: Mark;
  configHash: string;
  live?: Uint8Array;
}

/** Memory of the filter of ids on disk, of each shard: with 13 million runs of ids, one look in a hundred is in vain. */
const defaultFilterBytes = 16 * 1024 * 1024;

/** Room on the disk that a save leaves alone, bytes. */
const defaultMinFreeBytes = 8 * 1024 * 1024;

/**
 * Opens, or makes, the state at `path` (a folder). A `save` resolves when it is on disk.
 *
 * The memory of event ids is a table of its own, which the engine asks for what it has no room for.
 *
 * @param minFreeBytes with less room than this after it, a save rejects and the pump tries again. Default 8 MiB
 * @param filterBytes a power of two; see `SeenTable`. Default 16 MiB a shard, and as much again while it is made anew
 * @throws Error if the folder cannot be made or written
 */
export async function openPumpState(
  path: string,
  {
    minFreeBytes = defaultMinFreeBytes,
    filterBytes = defaultFilterBytes,
  }: { minFreeBytes?: number; filterBytes?: number } = {},
): Promise<Required<PumpState> & { close(): Promise<void> }> {
  // With overlapping sync a put resolves before it is on disk.
  const db = open({ path, overlappingSync: false, noSubdir: false });
  const heads = db.openDB<Head, string>({ name: 'heads' });
  const parts = db.openDB<Uint8Array, [shard: string, id: number]>({ name: 'parts', encoding: 'binary' });
  const seenDb = db.openDB<Buffer, Buffer>({ name: 'seen', encoding: 'binary', keyEncoding: 'binary' });
  const tables = new Map<string, SeenTable>();
  const seenOf = (shard: string): SeenTable => {
    const table = tables.get(shard) ?? new SeenTable(seenDb, shard, filterBytes);
    tables.set(shard, table);
    return table;
  };
  return {
    seen: seenOf,
    async load(shard) {
      const found = heads.get(shard);
      if (!found) return undefined;
      const { live, ...head } = found;
      const range = parts.getRange({ start: [shard, 0], end: [shard, Number.MAX_SAFE_INTEGER] });
      // Copies: lmdb uses the memory of what it read again.
      const saved: StatePart[] = [...range].map(({ key, value }) => ({ id: key[1], bytes: Uint8Array.from(value) }));
      return { ...head, ...(live && { live: Uint8Array.from(live) }), parts: saved };
    },
    async save(shard, { put, drop, seen = [], ...head }) {
      const partBytes = put.reduce((sum, part) => sum + part.bytes.length, 0);
      await checkRoom(path, minFreeBytes + partBytes + seenOf(shard).bytesToWrite(seen.length));
      const ids = seenOf(shard).entriesOf(seen);
      await db.transaction(() => {
        for (const id of drop) void parts.remove([shard, id]);
        for (const { id, bytes } of put) void parts.put([shard, id], bytes);
        seenOf(shard).write(ids, head.mark.clockAt);
        void heads.put(shard, head);
      });
    },
    close: () => db.close(),
  };
}

/** lmdb 3.5.6 may abort the process when the system refuses it a write, so it must not come to that. */
async function checkRoom(path: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= neededBytes) return;
  throw new Error(`state at ${path}: ${bavail * bsize} bytes free on the disk, ${neededBytes} needed; free some`);
}
