import { limits } from './limits.ts';

/** JSON whose texts are cut to the collector's limit. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, text) => (text?.slice ? text.slice(0, limits.maxPropertyValueLength) : text));

/** What `toJson` wrote; an empty array for what it did not, which no collector takes for an event. */
export function fromJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    return [];
  }
}
