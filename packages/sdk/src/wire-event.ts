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
  /** The batch in which it was last sent. */
  batch_id?: string;
}

/** Moves what events share with the first into a context; an event's own field wins. Changes the events. */
export function shareContext(events: Partial<WireEvent>[]): Partial<WireEvent> {
  const { event_id: _, ...context } = events[0] as Record<string, unknown>;
  for (const event of events as Record<string, unknown>[])
    for (const name in context)
      if (event[name] === context[name]) delete event[name];
      // What a hook took out of an event must not come back from its neighbour.
      else event[name] ??= null;
  return context;
}
