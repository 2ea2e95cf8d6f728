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

/**
 * Writes events as JSON lines, the form of a stream record.
 *
 * @param plain that no text from the batch needs escaping, as `ParsedBatch.plain` says: then lines are put together,
 * in a third of the time of JSON.stringify
 */
export function encodeEvents(events: readonly ClickEvent[], plain = false): string {
  if (!plain) return events.map((event) => JSON.stringify(event)).join('\n');
  let lines = '';
  let tail = '';
  let before: ClickEvent | undefined;
  for (const event of events) {
    // What the collector adds is the same for a whole batch.
    if (!before || !sharesTail(event, before)) tail = plainTail(event);
    lines += before ? `\n${plainHead(event)}${tail}` : plainHead(event) + tail;
    before = event;
  }
  return lines;
}

function plainHead(event: ClickEvent): string {
  return (
    `{"event_id":"${event.event_id}","user_id":"${event.user_id}","device_id":"${event.device_id}",` +
    `"client_event":"${event.client_event}","client_timestamp":${event.client_timestamp},` +
    `"received_at":${event.received_at},"page_url":${plainText(event.page_url)},` +
    `"page_title":${plainText(event.page_title)},"referrer":${plainText(event.referrer)},` +
    `"device_type":${plainText(event.device_type)},"properties":{${plainEntries(event.properties)}},`
  );
}

function plainTail({ clock_offset_ms, ip, user_agent }: ClickEvent): string {
  return `"clock_offset_ms":${clock_offset_ms},"ip":${JSON.stringify(ip)},"user_agent":${JSON.stringify(user_agent)}}`;
}

function sharesTail(a: ClickEvent, b: ClickEvent): boolean {
  return a.clock_offset_ms === b.clock_offset_ms && a.ip === b.ip && a.user_agent === b.user_agent;
}

function plainText(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}

function plainEntries(properties: Record<string, string>): string {
  let entries = '';
  for (const key in properties) entries += `${entries === '' ? '' : ','}"${key}":"${properties[key]!}"`;
  return entries;
}

/** Reads what `encodeEvents` wrote. */
export function decodeEvents(lines: string): ClickEvent[] {
  return JSON.parse(`[${lines.replaceAll('\n', ',')}]`) as ClickEvent[];
}
