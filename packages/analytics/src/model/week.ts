const dayMs = 86_400_000;

export const weekMs = 7 * dayMs;
/** Retention looks at this many weeks, the last one being that of the end of the range. */
export const retentionWeeks = 12;

/** Midnight of the Monday of a time's week, UTC. 1970 began on a Thursday. */
export function mondayOf(at: number): number {
  return Math.floor((Math.floor(at / dayMs) + 3) / 7) * weekMs - 3 * dayMs;
}

/** Where retention begins to look: the range's begin, or the Monday `retentionWeeks` back, whichever is later. */
export function retentionFrom(range: { fromAt: number; toAt: number }): number {
  return Math.max(range.fromAt, mondayOf(range.toAt - 1) + weekMs - retentionWeeks * weekMs);
}
