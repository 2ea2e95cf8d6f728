import type { SessionLength } from '../model/sessionize.ts';
import type { Filters, TimeRange } from '../model/tally.ts';

/** A range that moves with the clock. */
export type Preset = 'hour' | 'today' | 'day' | 'week' | 'month' | 'all';

/** All that decides what the dashboard shows. It is the page's query string, and nothing else is. */
export interface ViewState {
  /** A preset, or two fixed times. */
  range: Preset | TimeRange;
  length: SessionLength;
  filters: Filters;
  /** With the period before beside it. */
  compare: boolean;
}

export const presets: readonly { id: Preset; name: string; about: string }[] = [
  { id: 'hour', name: '1 h', about: 'the last hour' },
  { id: 'today', name: 'Today', about: 'since midnight UTC' },
  { id: 'day', name: '24 h', about: 'the last 24 hours' },
  { id: 'week', name: '7 d', about: 'the last 7 days' },
  { id: 'month', name: '30 d', about: 'the last 30 days' },
  { id: 'all', name: 'All', about: 'all time' },
];

export const firstView: ViewState = { range: 'day', length: 'windows', filters: {}, compare: false };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A visitor's clock may be ahead by as much as the collector accepts. */
const aheadMs = 600_000;

/** The times a view's range means now. */
export function rangeOf(range: ViewState['range'], nowMs: number): TimeRange {
  if (typeof range === 'object') return range;
  const fromAt = {
    hour: nowMs - hourMs,
    today: Math.floor(nowMs / dayMs) * dayMs,
    day: nowMs - dayMs,
    week: nowMs - 7 * dayMs,
    month: nowMs - 30 * dayMs,
    all: 0,
  }[range];
  return { fromAt, toAt: nowMs + aheadMs };
}

/** The range of the same length just before; of a moving one, without the time that clocks may be ahead. */
export function rangeBefore(range: ViewState['range'], nowMs: number): TimeRange {
  const { fromAt, toAt } = rangeOf(range, nowMs);
  const lengthMs = (typeof range === 'object' ? toAt : nowMs) - fromAt;
  return { fromAt: fromAt - lengthMs, toAt: fromAt };
}

const texts = ['type', 'device', 'user', 'first', 'last', 'event'] as const;

/** The view as a query string, without what is as at first. */
export function toQuery(view: ViewState): string {
  const query = new URLSearchParams();
  if (typeof view.range === 'object') {
    query.set('from', new Date(view.range.fromAt).toISOString());
    query.set('to', new Date(view.range.toAt).toISOString());
  } else if (view.range !== firstView.range) query.set('range', view.range);
  if (view.length !== 'windows') query.set('gap', `${view.length / 1000}s`);
  if (view.compare) query.set('compare', '1');
  for (const name of texts) {
    const value = view.filters[name];
    if (value !== undefined) query.set(name, value);
  }
  const { duration, hour } = view.filters;
  if (duration) query.set('seconds', `${duration.from}-${duration.to ?? ''}`);
  if (hour) query.set('hour', `${hour.day}-${hour.hour}`);
  return query.toString();
}

/** The view of a query string. What cannot be read is as at first: a link must open, whoever cut it short. */
export function fromQuery(text: string): ViewState {
  const query = new URLSearchParams(text);
  return {
    range: readRange(query),
    length: readLength(query.get('gap')),
    filters: readFilters(query),
    compare: query.get('compare') === '1',
  };
}

function readRange(query: URLSearchParams): ViewState['range'] {
  const fromAt = Date.parse(query.get('from') ?? '');
  const toAt = Date.parse(query.get('to') ?? '');
  if (fromAt < toAt) return { fromAt, toAt };
  return presets.find(({ id }) => id === query.get('range'))?.id ?? firstView.range;
}

function readLength(text: string | null): SessionLength {
  const seconds = Number(/^(\d+(?:\.\d{1,3})?)s$/.exec(text ?? '')?.[1]);
  return seconds > 0 && seconds <= 14_400 ? Math.round(seconds * 1000) : 'windows';
}

function readFilters(query: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const name of texts) {
    const value = query.get(name);
    if (value !== null) filters[name] = value;
  }
  const duration = /^(\d+)-(\d*)$/.exec(query.get('seconds') ?? '');
  if (duration) filters.duration = { from: Number(duration[1]), to: duration[2] ? Number(duration[2]) : null };
  const hour = /^([0-6])-(1?\d|2[0-3])$/.exec(query.get('hour') ?? '');
  if (hour) filters.hour = { day: Number(hour[1]), hour: Number(hour[2]) };
  return filters;
}

/** The same view with a filter set, or taken away where it is set to the same already. */
export function toggled(view: ViewState, filters: Filters): ViewState {
  const set = Object.entries(filters);
  const before = view.filters as Record<string, unknown>;
  const same = set.every(([name, value]) => JSON.stringify(before[name]) === JSON.stringify(value));
  const kept = Object.entries(before).filter(([name]) => !(name in filters));
  return { ...view, filters: Object.fromEntries(same ? kept : [...kept, ...set]) };
}
