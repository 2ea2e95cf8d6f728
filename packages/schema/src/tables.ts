/** The two tables of the lake, as the article named them. */
export type TableName = 'rawdata' | 'aggregated';

/** A column in words that DuckDB and Athena share; each engine's DDL is derived from it. */
export interface Column {
  readonly name: string;
  /** TIMESTAMP is UTC with millisecond precision. */
  readonly type: 'VARCHAR' | 'TIMESTAMP' | 'INTEGER' | 'BIGINT' | 'MAP(VARCHAR, VARCHAR)';
  /** What it holds, for the SQL page and for DDL comments. */
  readonly about: string;
}

/** The columns of each table, in order. Listed here and nowhere else. */
export const tables: Readonly<Record<TableName, readonly Column[]>> = {
  rawdata: [
    { name: 'event_id', type: 'VARCHAR', about: 'identity of the event; copies share it' },
    { name: 'user_id', type: 'VARCHAR', about: 'who' },
    { name: 'device_id', type: 'VARCHAR', about: 'on which device' },
    { name: 'client_event', type: 'VARCHAR', about: 'what happened' },
    { name: 'client_timestamp', type: 'TIMESTAMP', about: 'when it happened, by the visitor clock as corrected' },
    { name: 'received_at', type: 'TIMESTAMP', about: 'when it reached the collector' },
    { name: 'page_url', type: 'VARCHAR', about: 'page, query string cut to an allow list' },
    { name: 'page_title', type: 'VARCHAR', about: 'title of the page' },
    { name: 'referrer', type: 'VARCHAR', about: 'page before this one' },
    { name: 'device_type', type: 'VARCHAR', about: 'mobile, computer, tablet or other' },
    { name: 'properties', type: 'MAP(VARCHAR, VARCHAR)', about: 'what else the site sent, as text' },
    { name: 'clock_offset_ms', type: 'INTEGER', about: 'what the SDK added to the visitor clock, milliseconds' },
    { name: 'ip', type: 'VARCHAR', about: 'truncated address, or null' },
    { name: 'user_agent', type: 'VARCHAR', about: 'browser as it calls itself' },
  ],
  aggregated: [
    {
      name: 'session_id',
      type: 'VARCHAR',
      about: 'label: user, first 3 characters of device, unix seconds of timeagg',
    },
    { name: 'user_id', type: 'VARCHAR', about: 'who' },
    { name: 'device_id', type: 'VARCHAR', about: 'on which device' },
    { name: 'timeagg', type: 'TIMESTAMP', about: 'event time rounded down to the step' },
    { name: 'events', type: 'BIGINT', about: 'distinct events counted' },
    { name: 'beginnavigation', type: 'VARCHAR', about: 'first event by (client_timestamp, event_id)' },
    { name: 'endnavigation', type: 'VARCHAR', about: 'last event by (client_timestamp, event_id)' },
    { name: 'beginsession', type: 'TIMESTAMP', about: 'time of the first event' },
    { name: 'endsession', type: 'TIMESTAMP', about: 'time of the last event' },
    { name: 'duration_sec', type: 'BIGINT', about: 'whole seconds from begin to end' },
    { name: 'begin_event_id', type: 'VARCHAR', about: 'id of the first event' },
    { name: 'end_event_id', type: 'VARCHAR', about: 'id of the last event' },
    { name: 'window_open', type: 'TIMESTAMP', about: 'arrival of the event that opened the window' },
    { name: 'row_id', type: 'VARCHAR', about: 'identity of the row; copies share it' },
  ],
};
