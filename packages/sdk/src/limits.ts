import { options } from './options.ts';

/** Limits in force until the collector's own are known; names as `GET /v1/limits` gives them. */
export const limits: Record<'maxEvents' | 'maxPropertyValueLength', number> = {
  maxEvents: 100,
  maxPropertyValueLength: 1024,
};

/** Asks the collector for its limits; the browser keeps the answer for an hour. */
export async function learnLimits(): Promise<void> {
  try {
    const own = await (await fetch(`${options.endpoint}/v1/limits`)).json();
    // Only the stricter: a refusal may have taught more by now.
    for (const name in limits) if (own[name] < limits[name as 'maxEvents']) limits[name as 'maxEvents'] = own[name];
  } catch {
    // Unknown limits are found by refusals.
  }
}
