/** What the collector counts, and its text for Prometheus. */
export interface Metrics {
  count(name: CounterName, label?: string, by?: number): void;
  /** A duration of `append`, seconds. */
  appended(seconds: number): void;
  /** Prometheus text, with the gauges of the process after the collector's own. */
  text(gauges: Record<string, number>): string;
}

const counters = {
  requests: ['taphouse_requests_total', 'status', 'Requests to the events route by answer.'],
  events: ['taphouse_events_total', null, 'Events stored.'],
  bytes: ['taphouse_bytes_total', null, 'Bytes of event text taken, expanded.'],
  refused: ['taphouse_refused_total', 'reason', 'Events refused by the field at fault, and batches by fault.'],
  appendFailures: ['taphouse_append_failures_total', 'cause', 'Batches answered 503 because the stream took none.'],
  gpc: ['taphouse_gpc_total', null, 'Pixel requests not stored because of Sec-GPC.'],
  dropped: ['taphouse_sdk_dropped_total', null, 'Events that SDKs report to have dropped.'],
  lettersLost: ['taphouse_dead_letters_lost_total', null, 'Refused events that could not be kept.'],
} as const;

export type CounterName = keyof typeof counters;

const boundsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Counters at zero. */
export function createMetrics(): Metrics {
  const counts = new Map<CounterName, Map<string, number>>();
  const buckets = boundsSeconds.map(() => 0);
  let appends = 0;
  let appendSeconds = 0;
  return {
    count(name, label = '', by = 1) {
      let byLabel = counts.get(name);
      if (!byLabel) counts.set(name, (byLabel = new Map()));
      byLabel.set(label, (byLabel.get(label) ?? 0) + by);
    },
    appended(seconds) {
      appends += 1;
      appendSeconds += seconds;
      const bucket = boundsSeconds.findIndex((bound) => seconds <= bound);
      if (bucket >= 0) buckets[bucket]! += 1;
    },
    text(gauges) {
      return [
        ...counterLines(counts),
        ...histogramLines(buckets, appends, appendSeconds),
        ...gaugeLines(gauges),
        '',
      ].join('\n');
    },
  };
}

function* counterLines(counts: ReadonlyMap<CounterName, ReadonlyMap<string, number>>): Iterable<string> {
  for (const [key, [name, label, help]] of Object.entries(counters)) {
    yield `# HELP ${name} ${help}`;
    yield `# TYPE ${name} counter`;
    const values = counts.get(key as CounterName);
    if (label === null) yield `${name} ${values?.get('') ?? 0}`;
    else for (const [value, count] of values ?? []) yield `${name}{${label}="${value}"} ${count}`;
  }
}

function* histogramLines(buckets: readonly number[], appends: number, seconds: number): Iterable<string> {
  const name = 'taphouse_append_seconds';
  yield `# HELP ${name} Time until a batch was durable.`;
  yield `# TYPE ${name} histogram`;
  let sum = 0;
  for (const [i, count] of buckets.entries()) {
    sum += count;
    yield `${name}_bucket{le="${boundsSeconds[i]}"} ${sum}`;
  }
  yield `${name}_bucket{le="+Inf"} ${appends}`;
  yield `${name}_sum ${seconds}`;
  yield `${name}_count ${appends}`;
}

function* gaugeLines(gauges: Record<string, number>): Iterable<string> {
  for (const [name, value] of Object.entries(gauges)) {
    yield `# TYPE ${name} gauge`;
    yield `${name} ${value}`;
  }
}
