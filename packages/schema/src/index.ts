/**
 * What flows through Taphouse: click events, batches, session rows, and the two tables they end in.
 * Everyone imports this package; it imports nothing, and knows neither a browser nor a server.
 */
export { batchSchema, type JsonSchema } from './batch-schema.ts';
export {
  parseBatch,
  type Batch,
  type BatchContext,
  type Envelope,
  type ParsedBatch,
  type RejectedEvent,
} from './parse-batch.ts';
export { decodeLines, ownColumns, ownKey } from './event-lines.ts';
export { type ClickEvent, type DeviceType, deviceTypes, decodeEvents, encodeEvents } from './click-event.ts';
export { type Limits, limits } from './limits.ts';
export { type LiveMessage } from './live-message.ts';
export { type Manifest, type ManifestFile, type Mark } from './manifest.ts';
export { partitionKey } from './partition-key.ts';
export { partitionPath } from './partition-path.ts';
export { createQuickReader, type QuickBatch, type VisitorLines } from './quick-batch.ts';
export { type SessionRow } from './session-row.ts';
export { type Column, type TableName, tables } from './tables.ts';
