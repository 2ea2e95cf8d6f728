/**
 * One closed window: one row of `aggregated`, a mergeable part of a session.
 *
 * Rows of one (user_id, device_id, timeagg) merge by adding `events` and taking the smallest begin and
 * the largest end; `sessions` in `@taphouse/sessions/sql` does so. All times are milliseconds since 1970 UTC.
 */
export interface SessionRow {
  /** Label: upper(user_id || '_' || first 3 characters of device_id || unix seconds of timeagg). Not a key. */
  session_id: string;
  user_id: string;
  device_id: string;
  /** client_timestamp rounded down to the step; same for all events of the row. */
  timeagg: number;
  /** Distinct events counted. */
  events: number;
  /** client_event of the first event by (client_timestamp, event_id). */
  beginnavigation: string;
  /** client_event of the last event by (client_timestamp, event_id). */
  endnavigation: string;
  beginsession: number;
  endsession: number;
  /** Whole seconds from begin to end, rounded down. */
  duration_sec: number;
  begin_event_id: string;
  end_event_id: string;
  /** Arrival time of the event that opened the window. */
  window_open: number;
  /** Identity of the row: copies of one row share it and count once. */
  row_id: string;
}
