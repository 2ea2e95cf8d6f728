import type { TimeRange } from './picture.ts';

export type Preset = 'hour' | 'day' | 'week' | 'month' | 'all';

export const presets: readonly { id: Preset; name: string; about: string }[] = [
  { id: 'hour', name: '1 hour', about: 'the last hour' },
  { id: 'day', name: '24 hours', about: 'the last 24 hours' },
  { id: 'week', name: '7 days', about: 'the last 7 days' },
  { id: 'month', name: '30 days', about: 'the last 30 days' },
  { id: 'all', name: 'All', about: 'all time' },
];

const hourMs = 3_600_000;
const lengthMs: Record<Exclude<Preset, 'all'>, number> = {
  hour: hourMs,
  day: 24 * hourMs,
  week: 7 * 24 * hourMs,
  month: 30 * 24 * hourMs,
};
/** A visitor's clock may be ahead by as much as the collector accepts. */
const aheadMs = 600_000;

/** The stretch of time a preset means now. */
export function rangeOf(preset: Preset, nowMs: number): TimeRange {
  if (preset === 'all') return { fromAt: 0, toAt: nowMs + aheadMs };
  return { fromAt: nowMs - lengthMs[preset], toAt: nowMs + aheadMs };
}
