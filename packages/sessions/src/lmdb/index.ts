/** The pump's state on disk, in lmdb: one durable transaction a save. Node only. */
import { open } from 'lmdb';
import type { Checkpoint, PumpState } from '../pump-ports.ts';

/**
 * Opens, or makes, the state at `path` (a folder). A `save` resolves when it is on disk.
 *
 * @throws Error if the folder cannot be made or written
 */
export async function openPumpState(path: string): Promise<PumpState & { close(): Promise<void> }> {
  // With overlapping sync a put resolves before it is on disk.
  const db = open<Checkpoint, string>({ path, encoding: 'msgpack', overlappingSync: false, noSubdir: false });
  return {
    async load(shard) {
      const saved = db.get(shard);
      // A copy: lmdb uses the memory of what it read again.
      return saved && { ...saved, snapshot: Uint8Array.from(saved.snapshot) };
    },
    async save(shard, { mark, configHash, snapshot }) {
      await db.put(shard, { mark, configHash, snapshot });
    },
    close: () => db.close(),
  };
}
