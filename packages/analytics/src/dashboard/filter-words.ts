import type { Filters } from '../model/tally.ts';
import { barName } from './duration-chart.ts';

/** Sunday first, as SQL's dayofweek counts. */
export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Each filter that is set, in words, and alone: to toggle it is to take it away. */
export function filterWords(filters: Filters): { words: string; filter: Filters }[] {
  const { type, device, user, first, last, event, duration, hour } = filters;
  const chips: { words: string; filter: Filters }[] = [];
  if (type !== undefined) chips.push({ words: `on ${type}`, filter: { type } });
  if (device !== undefined) chips.push({ words: `device ${device}`, filter: { device } });
  if (user !== undefined) chips.push({ words: `visitor ${user}`, filter: { user } });
  if (first !== undefined) chips.push({ words: `begins with ${first}`, filter: { first } });
  if (last !== undefined) chips.push({ words: `ends with ${last}`, filter: { last } });
  if (event !== undefined) chips.push({ words: `with ${event}`, filter: { event } });
  if (duration) chips.push({ words: `lasts ${barName(duration)}`, filter: { duration } });
  if (hour)
    chips.push({ words: `${weekdays[hour.day]} ${String(hour.hour).padStart(2, '0')}:00 UTC`, filter: { hour } });
  return chips;
}
