/** An event as it is queued and sent; the collector adds the rest. */
export interface WireEvent {
  event_id: string;
  client_event: string;
  /** Milliseconds since 1970 UTC, corrected; fixed when the event is queued. */
  client_timestamp: number;
  user_id: string;
  device_id: string;
  device_type: string;
  page_url: string;
  page_title: string;
  referrer: string;
  clock_offset_ms: number;
  properties: Record<string, string | number | boolean>;
}

/** Fields that most events of a batch share. */
const shared = [
  'user_id',
  'device_id',
  'device_type',
  'page_url',
  'page_title',
  'referrer',
  'clock_offset_ms',
] as const;

/** Moves what events share with the first into a context; an event's own field wins. Changes the events. */
export function shareContext(events: Partial<WireEvent>[]): Partial<WireEvent> {
  const context: Record<string, unknown> = {};
  for (const name of shared) {
    context[name] = events[0]?.[name];
    for (const event of events as Record<string, unknown>[]) {
      if (event[name] === context[name]) delete event[name];
      else event[name] ??= null;
    }
  }
  return context;
}
