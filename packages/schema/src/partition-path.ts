/**
 * Hive partition of a time, UTC: `year=2026/month=11/day=23`.
 *
 * @param atMs milliseconds since 1970 UTC
 * @throws RangeError if `atMs` is not a valid time
 */
export function partitionPath(atMs: number): string {
  const [year, month, day] = new Date(atMs).toISOString().slice(0, 10).split('-');
  return `year=${year}/month=${month}/day=${day}`;
}
