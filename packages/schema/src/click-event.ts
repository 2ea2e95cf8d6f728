/** Kinds of device that `device_type` tells apart. */
export const deviceTypes = ['mobile', 'computer', 'tablet', 'other'] as const;

export type DeviceType = (typeof deviceTypes)[number];

/**
 * One click as it is stored: one line of a stream record and one row of `rawdata`.
 * Field names are those of the wire and of the table; absent values are `null`.
 */
export interface ClickEvent {
  /**
   * ASCII, at most 64 characters. The SDK's is instance id + `-` + zero-padded sequence number,
   * so within one page load byte order is click order. Two events with one id are one event.
   */
  event_id: string;
  user_id: string;
  device_id: string;
  /** What happened, such as `beer_checkout`. */
  client_event: string;
  /** Event time: milliseconds since 1970 UTC by the visitor's clock, corrected by the SDK. */
  client_timestamp: number;
  /** Arrival at the collector, milliseconds since 1970 UTC. */
  received_at: number;
  page_url: string | null;
  page_title: string | null;
  referrer: string | null;
  device_type: DeviceType | null;
  /** Flat; every value as text. */
  properties: Record<string, string>;
  /** What the SDK added to the visitor's clock, milliseconds. */
  clock_offset_ms: number | null;
  /** Truncated, or null. */
  ip: string | null;
  user_agent: string | null;
}

/** Writes events as JSON lines, the form of a stream record. `event_id` is their first field, as `ClickEvent` lists them. */
export function encodeEvents(events: readonly ClickEvent[]): string {
  // One call for all is faster than one for each. Quotes inside strings are escaped, so this seam is never inside one.
  return JSON.stringify(events).slice(1, -1).replaceAll('},{"event_id":', '}\n{"event_id":');
}

/** Reads what `encodeEvents` wrote. */
export function decodeEvents(lines: string): ClickEvent[] {
  return JSON.parse(`[${lines.replaceAll('\n', ',')}]`) as ClickEvent[];
}
