import type { ClickEvent } from './click-event.ts';
import type { SessionRow } from './session-row.ts';
import type { TableName } from './tables.ts';

/** What `GET /v1/live` sends: the name of the server-sent event and its JSON data. */
export type LiveMessage =
  /** Events just read from the stream, oldest first; under load a sample, with `total` the true count. */
  | {
      event: 'clicks';
      data: {
        total: number;
        clicks: Pick<
          ClickEvent,
          'event_id' | 'user_id' | 'device_id' | 'client_event' | 'client_timestamp' | 'received_at'
        >[];
      };
    }
  /** Windows just closed; their rows reach Parquet with a later `lake` message. */
  | { event: 'sessions'; data: { total: number; rows: SessionRow[] } }
  /** Windows still open. `rows` are the partial rows of the newest; the closed row will carry the same row_id.
   * Not called `open`: an EventSource fires an event of that name by itself. */
  | { event: 'windows'; data: { total: number; rows: SessionRow[]; stepMs: number; rangeMs: number } }
  /** Sessions going on, where the server follows them (`TAPHOUSE_GAP`): a pause of `gapMs` ends one. `rows` are the newest. */
  | { event: 'ongoing'; data: { total: number; rows: SessionRow[]; gapMs: number } }
  /** Sessions that have just ended, of these. */
  | { event: 'ended'; data: { total: number; rows: SessionRow[] } }
  /** A table has a new manifest. */
  | { event: 'lake'; data: { table: TableName; version: number } };
