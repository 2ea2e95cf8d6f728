import type { ChartValue } from './query-result.ts';

/** One mark of a chart. */
export interface ChartPoint {
  x: ChartValue;
  y: number;
  /** The series; null where there is none. */
  series: string | null;
}

/** Series drawn apart; the rest are one. */
const mostSeries = 8;
export const restName = 'other';

/** Points of rows [x, y] or [x, y, series]; rows without a number up are left out. */
export function chartPoints(rows: readonly (readonly ChartValue[])[], { series }: { series: boolean }): ChartPoint[] {
  const points = rows.flatMap(([x = null, y, name]): ChartPoint[] =>
    typeof y === 'number' && Number.isFinite(y) ? [{ x, y, series: series ? textOf(name ?? null) : null }] : [],
  );
  const kept = new Set(seriesOf(points));
  return points.map((point) =>
    point.series === null || kept.has(point.series) ? point : { ...point, series: restName },
  );
}

/** The names of the series, the largest first, `other` last. */
export function seriesOf(points: readonly ChartPoint[]): string[] {
  const totals = new Map<string, number>();
  for (const { series, y } of points) {
    if (series !== null) totals.set(series, (totals.get(series) ?? 0) + Math.abs(y));
  }
  const rest = totals.delete(restName);
  const names = [...totals].toSorted(([, one], [, other]) => other - one).map(([name]) => name);
  return names.length + Number(rest) <= mostSeries && !rest ? names : [...names.slice(0, mostSeries - 1), restName];
}

/** The distinct values across, in the order they came. */
export function across(points: readonly ChartPoint[]): string[] {
  return [...new Set(points.map(({ x }) => textOf(x)))];
}

export function textOf(value: ChartValue): string {
  if (value === null) return 'null';
  if (value instanceof Date) return value.toISOString().slice(0, 19).replace('T', ' ').replace(' 00:00:00', '');
  return String(value);
}

/** The smallest step between two times, milliseconds: how wide a bar is. A day where there is one time only. */
export function barMs(points: readonly ChartPoint[]): number {
  const times = [...new Set(points.flatMap(({ x }) => (x instanceof Date ? [x.getTime()] : [])))].toSorted(
    (a, b) => a - b,
  );
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return steps.length > 0 ? Math.min(...steps) : 86_400_000;
}
