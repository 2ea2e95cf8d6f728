import { limits } from './limits.ts';

/** JSON whose texts are cut to the collector's limit and hold no half of a surrogate pair, which it would refuse. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, text) =>
    text?.toWellFormed ? text.slice(0, limits.maxPropertyValueLength).toWellFormed() : text,
  );

/** What `toJson` wrote; an empty array for what it did not, which no collector takes for an event. */
export function fromJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    return [];
  }
}
