import type { StreamRecord } from './stream.ts';

/** Largest record, key and data, bytes of UTF-8: what a Kinesis shard takes by default, so that a log can move there. */
export const maxRecordBytes = 1_048_576;

/**
 * Refuses what no stream takes.
 *
 * @throws RangeError if a record has no key, a key over 256 characters, or, key and data, more than 1 MiB
 */
export function checkRecords(records: readonly StreamRecord[]): void {
  for (const { partitionKey, data } of records) {
    if (partitionKey === '' || partitionKey.length > 256)
      throw new RangeError(`record: partitionKey of ${partitionKey.length} characters, takes 1 to 256`);
    // A UTF-16 unit is at most 3 bytes of UTF-8: most records need no counting.
    if ((partitionKey.length + data.length) * 3 <= maxRecordBytes) continue;
    const bytes = new TextEncoder().encode(partitionKey + data).length;
    if (bytes > maxRecordBytes)
      throw new RangeError(`record of key ${partitionKey}: ${bytes} bytes, limit ${maxRecordBytes}; send fewer events`);
  }
}
