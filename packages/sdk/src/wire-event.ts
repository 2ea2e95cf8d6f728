/** An event as it is queued and sent; the collector adds the rest. */
export interface WireEvent {
  event_id: string;
  client_event: string;
  /** Milliseconds since 1970 UTC, corrected; fixed when the event is queued. */
  client_timestamp: number;
  user_id: string;
  device_id: string;
  /** Only where the user agent does not tell. */
  device_type?: string;
  page_url: string;
  page_title: string;
  referrer: string;
  clock_offset_ms: number;
  properties: Record<string, unknown>;
}

/** Moves what events share with the first into a context; an event's own field wins. Changes the events. */
export function shareContext(events: Record<string, unknown>[]): Record<string, unknown> {
  const context: Record<string, unknown> = {};
  for (const name in events[0]) {
    // event_id, client_event, client_timestamp and properties are each event's own.
    if (/^(ev|cli|pr)/.test(name)) continue;
    context[name] = events[0][name];
    for (const event of events)
      if (event[name] === context[name]) delete event[name];
      else event[name] ??= null;
  }
  return context;
}
