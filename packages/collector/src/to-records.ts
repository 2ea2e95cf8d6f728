import { type ClickEvent, encodeEvents, partitionKey } from '@taphouse/schema';
import type { StreamRecord } from '@taphouse/streams';

/** Characters of a record: at most 3 bytes each, so that it stays under the stream's 1 MiB whatever they are. */
const maxRecordLength = 349_000;

/** A batch's events as stream records: one a visitor and device, in the batch's order; more only if they outgrow one. */
export function toRecords(events: readonly ClickEvent[]): StreamRecord[] {
  const byKey = new Map<string, ClickEvent[]>();
  for (const event of events) {
    const key = partitionKey(event.user_id, event.device_id);
    const group = byKey.get(key);
    if (group) group.push(event);
    else byKey.set(key, [event]);
  }
  return [...byKey].flatMap(([key, group]) => split(encodeEvents(group)).map((data) => ({ partitionKey: key, data })));
}

/** Cuts lines into pieces of at most `maxRecordLength`; no line is longer than the largest event. */
function split(lines: string): string[] {
  const pieces: string[] = [];
  let rest = lines;
  while (rest.length > maxRecordLength) {
    const end = rest.lastIndexOf('\n', maxRecordLength);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  pieces.push(rest);
  return pieces;
}
