import { options } from './options.ts';

/** Limits in force until the collector's own are known; names as `GET /v1/limits` gives them. */
export const limits = {
  maxEvents: 100,
  maxPropertyValueLength: 1024,
};

/** Asks the collector for its limits; the browser keeps the answer for an hour. */
export function learnLimits(): void {
  fetch(`${options.endpoint}/v1/limits`)
    .then((response) => response.json())
    .then((own) => Object.assign(limits, own))
    // Unknown limits are found by refusals.
    .catch(Object);
}
