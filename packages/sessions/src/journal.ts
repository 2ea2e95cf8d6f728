import { horizonMs } from './engine/seen-events.ts';
import { mergeSnapshots, readHead } from './engine/snapshot.ts';
import type { CheckpointChange, StatePart } from './pump-ports.ts';

/** A part that is saved. Bytes are kept only as long as it may still be merged. */
interface SavedPart {
  id: number;
  clockAt: number;
  tier: number;
  /** How long after its end something of it may be needed: an open window, or an id seen. */
  neededMs: number;
  holdsSeen: boolean;
  bytes: Uint8Array | undefined;
}

/** So many neighbours of one tier become one part. */
const fanOut = 8;
/** Upper ends of the tiers, bytes; a part above the last is left as it is until all it remembers is forgotten. */
const tierBytes = [65_536, 524_288];

/**
 * The engine's state as a journal: each commit adds a part with what has changed; small neighbours are merged into one,
 * and a part goes whose windows have all closed and whose ids, if they are in it, are forgotten. So a commit writes in proportion to its events,
 * and the parts stay few.
 */
export class Journal {
  #saved: SavedPart[];
  #nextId: number;

  constructor(parts: readonly StatePart[]) {
    this.#saved = parts.map(savedPart);
    this.#nextId = (parts.at(-1)?.id ?? 0) + 1;
  }

  /** What to save for the changes up to now. Counts as saved: call it once for each change. */
  add(changes: Uint8Array): Pick<CheckpointChange, 'put' | 'drop'> {
    const drop = this.#forget(readHead(changes).clockAt);
    let part = { id: this.#nextId, bytes: changes };
    for (let mates = this.#mates(part); mates.length === fanOut - 1; mates = this.#mates(part)) {
      this.#saved.splice(-mates.length);
      drop.push(...mates.map(({ id }) => id));
      const bytes = mergeSnapshots([...mates.map((mate) => mate.bytes as Uint8Array), part.bytes]);
      part = { id: part.id, bytes };
    }
    this.#nextId += 1;
    this.#saved.push(savedPart(part));
    return { put: [part], drop };
  }

  /** Whether a part holds a memory of events, as they do where no store has it. */
  get holdsSeen(): boolean {
    return this.#saved.some((part) => part.holdsSeen);
  }

  /** What to save to put a snapshot in the place of all parts. */
  replace(snapshot: Uint8Array): Pick<CheckpointChange, 'put' | 'drop'> {
    const drop = this.#saved.map(({ id }) => id);
    const part = { id: this.#nextId, bytes: snapshot };
    this.#nextId += 1;
    this.#saved = [savedPart(part)];
    return { put: [part], drop };
  }

  /** The parts before `part` that it would be merged with. */
  #mates(part: StatePart): SavedPart[] {
    const tier = tierOf(part.bytes);
    const last = this.#saved.slice(-(fanOut - 1));
    return tier < tierBytes.length && last.every((mate) => mate.tier <= tier) ? last : [];
  }

  /** Takes out the oldest parts of which nothing is needed any more at `clockAt`. */
  #forget(clockAt: number): number[] {
    const kept = this.#saved.findIndex((part) => part.clockAt >= clockAt - part.neededMs);
    return this.#saved.splice(0, kept === -1 ? this.#saved.length : kept).map(({ id }) => id);
  }
}

function savedPart({ id, bytes }: StatePart): SavedPart {
  const tier = tierOf(bytes);
  const { clockAt, seenApart, window } = readHead(bytes);
  const neededMs = seenApart ? window.rangeMs : horizonMs;
  return { id, clockAt, tier, neededMs, holdsSeen: !seenApart, bytes: tier < tierBytes.length ? bytes : undefined };
}

function tierOf(bytes: Uint8Array): number {
  const tier = tierBytes.findIndex((most) => bytes.length <= most);
  return tier === -1 ? tierBytes.length : tier;
}
