import { type ClickEvent, encodeEvents, partitionKey, type VisitorLines } from '@taphouse/schema';
import type { StreamRecord } from '@taphouse/streams';

/** Characters of a record: at most 3 bytes each, so that it stays under the stream's 1 MiB whatever they are. */
const maxRecordLength = 349_000;

/** Events as stream records: one a visitor and device, in the batch's order; more only if they outgrow one. */
export function toRecords(visitors: readonly VisitorLines[]): StreamRecord[] {
  return visitors.flatMap(({ user_id, device_id, lines }) => {
    const key = partitionKey(user_id, device_id);
    if (lines.length <= maxRecordLength) return [{ partitionKey: key, data: lines }];
    return split(lines).map((data) => ({ partitionKey: key, data }));
  });
}

/** The lines of each visitor and device. */
export function linesByVisitor(events: readonly ClickEvent[]): VisitorLines[] {
  return groupByVisitor(events).map((group) => {
    const { user_id, device_id } = group[0]!;
    return { user_id, device_id, lines: encodeEvents(group) };
  });
}

function groupByVisitor(events: readonly ClickEvent[]): (readonly ClickEvent[])[] {
  const [first] = events;
  // Nearly every batch is one visitor's.
  if (!first || events.every((event) => event.user_id === first.user_id && event.device_id === first.device_id))
    return first ? [events] : [];
  return [...Map.groupBy(events, ({ user_id, device_id }) => `${user_id}\0${device_id}`).values()];
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
