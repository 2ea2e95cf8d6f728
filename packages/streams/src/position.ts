/** Position of the `n`th record of a shard, fixed width so that string order is record order. */
export function toPosition(n: number): string {
  return String(n).padStart(16, '0');
}

/**
 * Number of a position.
 *
 * @throws RangeError if `toPosition` did not write it
 */
export function fromPosition(position: string): number {
  if (!/^\d{16}$/.test(position)) throw new RangeError(`position ${position}: not one of this stream; takes 16 digits`);
  return Number(position);
}

/**
 * Refuses a shard that is not there.
 *
 * @throws RangeError if it is not `'0'`, the one shard of a stream on one machine
 */
export function checkShard(shard: string): void {
  if (shard !== '0') throw new RangeError(`shard ${shard}: not in this stream; shards() gives '0'`);
}
