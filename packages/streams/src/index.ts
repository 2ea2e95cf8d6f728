/**
 * Streams: append records and read them in order, durably. The `.` is the border (types and errors, no platform);
 * each medium is a sub-path. A stream knows nothing of clicks or sessions: its records are text.
 */
export {
  type ReadOptions,
  type Slice,
  type StoredRecord,
  type Stream,
  type StreamRecord,
  StreamFullError,
  StreamUnavailableError,
} from './stream.ts';
