const dayMs = 86_400_000;

/**
 * The day in `year=2026/month=11/day=23/`, both ends inclusive, milliseconds since 1970 UTC; all of time where a path
 * names none.
 */
export function dayOf(path: string): { minAt: number; maxAt: number } {
  const [, year, month, day] = /(?:^|\/)year=(\d{4})\/month=(\d\d?)\/day=(\d\d?)\//.exec(path) ?? [];
  const minAt = year ? Date.UTC(Number(year), Number(month) - 1, Number(day)) : -Infinity;
  return { minAt, maxAt: year ? minAt + dayMs - 1 : Infinity };
}
