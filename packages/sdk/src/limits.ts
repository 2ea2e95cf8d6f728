import { options } from './options.ts';

/** Limits in force until the collector's own are known; names as `GET /v1/limits` gives them. */
export const limits = {
  maxEvents: 100,
  maxPropertyValueLength: 1024,
};

type Name = keyof typeof limits;

/** Asks the collector for its limits; the browser keeps the answer for an hour. */
export async function learnLimits(): Promise<void> {
  try {
    const own: Partial<typeof limits> = await (await fetch(`${options.endpoint}/v1/limits`)).json();
    // Only the stricter: a refusal may have taught more by now.
    for (const name in limits) limits[name as Name] = Math.min(limits[name as Name], own[name as Name] || Infinity);
  } catch {
    // Unknown limits are found by refusals.
  }
}
