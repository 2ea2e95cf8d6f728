import { type ClickEvent, decodeEvents, limits } from '@taphouse/schema';
import type { StoredRecord } from '@taphouse/streams';

/**
 * The events of a record; none, and a word to `onForeign`, if it holds anything else. A stream may have other writers, and
 * one record that cannot be read must not end the reading, now and after each restart.
 */
export function readRecord(record: StoredRecord, onForeign: (fault: Error) => void): ClickEvent[] {
  try {
    const events = decodeEvents(record.data);
    if (events.every(isClickEvent)) return events;
    onForeign(new Error(`record ${record.position}: not the events of a collector; left out`));
  } catch (cause) {
    onForeign(new Error(`record ${record.position}: not JSON lines of events; left out`, { cause }));
  }
  return [];
}

/** What the engine relies on; the rest of an event only passes through. */
function isClickEvent(event: unknown): boolean {
  if (typeof event !== 'object' || event === null) return false;
  const { event_id, user_id, device_id, client_event, client_timestamp, received_at } = event as Partial<ClickEvent>;
  return (
    typeof event_id === 'string' &&
    event_id.length <= limits.maxEventIdLength &&
    typeof user_id === 'string' &&
    typeof device_id === 'string' &&
    typeof client_event === 'string' &&
    Number.isSafeInteger(client_timestamp) &&
    Number.isSafeInteger(received_at)
  );
}
