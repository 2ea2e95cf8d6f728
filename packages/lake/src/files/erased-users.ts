import { createHmac, randomBytes } from 'node:crypto';

import { limits } from '@taphouse/schema';

import { ManifestError } from '../manifest-protocol.ts';
import { type ObjectStore, ReplaceConflictError } from '../object-store.ts';

const key = 'erased.json';
const forGood = Number.MAX_SAFE_INTEGER;
/** A digest takes 3 us, so the answers are kept, of so many users at most. */
const maxKnown = 100_000;

/** `erased.json`: who was erased, as digests, so that the list itself names nobody. */
interface ErasedFile {
  format: 1;
  /** Key of the digests, hexadecimal. */
  salt: string;
  users: Record<string, Erasure>;
}

interface Erasure {
  /** Milliseconds since 1970 UTC. */
  erasedAt: number;
  /** True if later events of the user are refused too. */
  refused: boolean;
}

/** The erased users of a lake. */
export interface ErasedUsers {
  /**
   * True if what the user did at this time must not be stored. That is all up to the erasure and 10 minutes more, for
   * so far ahead of its arrival may an event lie that came before.
   *
   * Both tables ask with the time rounded down to the step, so that a window that was open at the erasure goes whole.
   *
   * @param happenedAt `timeagg`, or `client_timestamp`, milliseconds since 1970 UTC
   */
  covers(userId: string, happenedAt: number): boolean;
  /** The last time that `covers` says true for, milliseconds since 1970 UTC; undefined of a user who was not erased. */
  until(userId: string): number | undefined;
  /** True if nothing that the user does is ever to be stored again: erased with `refuseLater`. */
  refuses(userId: string): boolean;
  /** True if nobody was erased. */
  readonly isEmpty: boolean;
  /** The latest erasure, milliseconds since 1970 UTC; 0 if there is none. */
  readonly lastErasedAt: number;
  /** Digest of the list, to see whether it has changed. */
  readonly tag: string | undefined;
}

/**
 * Reads who was erased.
 *
 * @throws ManifestError if a newer version wrote it
 */
export async function readErasedUsers(store: ObjectStore): Promise<ErasedUsers> {
  const { file, tag } = await readFile(store);
  const isEmpty = Object.keys(file.users).length === 0;
  const known = new Map<string, number | undefined>();
  const until = (userId: string): number | undefined => {
    if (isEmpty) return undefined;
    if (known.size >= maxKnown) known.clear();
    if (!known.has(userId)) known.set(userId, lastCovered(file.users[digest(file.salt, userId)]));
    return known.get(userId);
  };
  return {
    tag,
    isEmpty,
    lastErasedAt: Math.max(0, ...Object.values(file.users).map(({ erasedAt }) => erasedAt)),
    until,
    refuses: (userId) => until(userId) === forGood,
    covers: (userId, happenedAt) => happenedAt <= (until(userId) ?? -Infinity),
  };
}

function lastCovered(erasure: Erasure | undefined): number | undefined {
  if (!erasure) return undefined;
  return erasure.refused ? forGood : erasure.erasedAt + limits.maxAheadMs;
}

/** Remembers users as erased; a user once refused stays so. */
export async function rememberErased(
  store: ObjectStore,
  userIds: readonly string[],
  { erasedAt, refused }: Erasure,
): Promise<void> {
  for (;;) {
    const { file, tag } = await readFile(store);
    for (const userId of userIds) {
      const name = digest(file.salt, userId);
      file.users[name] = { erasedAt, refused: refused || file.users[name]?.refused === true };
    }
    try {
      await store.replace(key, new TextEncoder().encode(JSON.stringify(file)), tag);
      return;
    } catch (error) {
      if (!(error instanceof ReplaceConflictError)) throw error;
    }
  }
}

async function readFile(store: ObjectStore): Promise<{ file: ErasedFile; tag: string | undefined }> {
  const found = await store.get(key);
  if (!found) return { file: { format: 1, salt: randomBytes(16).toString('hex'), users: {} }, tag: undefined };
  const file = JSON.parse(new TextDecoder().decode(found.body)) as ErasedFile;
  // Taken for none, the erased would be stored again.
  if (file.format !== 1)
    throw new ManifestError(`${key}: format ${String(file.format)}; this version reads 1, so update Taphouse`);
  return { file, tag: found.tag };
}

function digest(salt: string, userId: string): string {
  return createHmac('sha256', salt).update(userId).digest('hex').slice(0, 32);
}
