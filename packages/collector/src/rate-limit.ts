export interface RateLimitOptions {
  /** Events a client may send in the long run, per second. */
  eventsPerSecond: number;
  /** Events it may send at once after a rest. Default 30 times `eventsPerSecond`. */
  burst?: number;
}

/** A token bucket for each client. */
export interface RateLimit {
  /** Takes `events` from the client's bucket; 0 if there were any, else seconds until there are. */
  take(client: string, events: number): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Most clients remembered; past it the longest silent ones are forgotten, which gives them a full bucket. */
const maxClients = 100_000;

/**
 * A limit that lets a batch pass while the bucket is not empty and then lets it go below: a large batch is never
 * refused for its size alone, and is paid for by a longer wait after it.
 */
export function createRateLimit(
  { eventsPerSecond, burst = eventsPerSecond * 30 }: RateLimitOptions,
  now: () => number,
): RateLimit {
  const buckets = new Map<string, Bucket>();
  return {
    take(client, events) {
      const at = now();
      const bucket = buckets.get(client) ?? { tokens: burst, at };
      // A clock that was set back gives nothing, and takes nothing away.
      const restedMs = Math.max(0, at - bucket.at);
      bucket.tokens = Math.min(burst, bucket.tokens + (restedMs / 1000) * eventsPerSecond);
      bucket.at = at;
      // Written anew at the end of the map, whose beginning is then the longest silent.
      buckets.delete(client);
      buckets.set(client, bucket);
      if (buckets.size > maxClients) buckets.delete(buckets.keys().next().value!);
      if (bucket.tokens <= 0) return Math.ceil((1 - bucket.tokens) / eventsPerSecond);
      bucket.tokens -= events;
      return 0;
    },
  };
}
