/** Limits in force until the collector's own are known; names as `GET /v1/limits` gives them. */
export const limits = {
  maxEvents: 100,
  maxPropertyValueLength: 1024,
};
