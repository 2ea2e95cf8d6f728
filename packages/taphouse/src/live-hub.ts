import type { LiveFeed } from '@taphouse/collector';
import type { LiveMessage, SessionRow } from '@taphouse/schema';
import type { EventHead, StaggerWindow } from '@taphouse/sessions';

/** What the hub is told, and the feed it makes of it. */
export interface LiveHub extends LiveFeed {
  /** A slice of the stream went through the engine. */
  slice(
    events: readonly EventHead[],
    rows: readonly SessionRow[],
    open: { total: number; newest: () => SessionRow[] },
  ): void;
  /** A commit reached the lake: its rows need no live side any more. */
  committed(rows: readonly SessionRow[]): void;
  /** A table has a new manifest. */
  lake(message: Extract<LiveMessage, { event: 'lake' }>['data']): void;
  close(): void;
}

/** Most clicks or rows in one message; `total` still says how many there were. */
const maxShown = 200;
const everyMs = 100;

/**
 * Gathers what the pump sees and tells subscribers ten times a second, so that a busy stream costs a viewer no more
 * than a quiet one. A new subscriber first gets the rows that are closed but not yet in Parquet.
 */
export function openLiveHub(window: StaggerWindow): LiveHub {
  const listeners = new Set<(message: LiveMessage) => void>();
  const uncommitted = new Map<string, SessionRow>();
  let clicks: EventHead[] = [];
  let rows: SessionRow[] = [];
  let totals = { clicks: 0, rows: 0 };
  let open: { total: number; newest: () => SessionRow[] } = { total: 0, newest: () => [] };
  let lastOpen = '';

  const send = (message: LiveMessage): void => {
    for (const listener of listeners) listener(message);
  };
  const openMessage = (): LiveMessage => ({
    event: 'windows',
    data: { total: open.total, rows: open.newest(), ...window },
  });

  const timer = setInterval(() => {
    if (listeners.size > 0) {
      if (totals.clicks > 0) send({ event: 'clicks', data: { total: totals.clicks, clicks: clicks.map(shownClick) } });
      if (totals.rows > 0) send({ event: 'sessions', data: { total: totals.rows, rows } });
      const message = openMessage();
      const text = JSON.stringify(message.data);
      if (text !== lastOpen) send(message);
      lastOpen = text;
    }
    clicks = [];
    rows = [];
    totals = { clicks: 0, rows: 0 };
  }, everyMs);
  timer.unref();

  return {
    subscribe(listener) {
      listeners.add(listener);
      listener(openMessage());
      if (uncommitted.size > 0)
        listener({
          event: 'sessions',
          data: { total: uncommitted.size, rows: [...uncommitted.values()].slice(-maxShown) },
        });
      return () => listeners.delete(listener);
    },
    slice(newClicks, newRows, nowOpen) {
      clicks = [...clicks, ...newClicks.slice(-maxShown)].slice(-maxShown);
      rows = [...rows, ...newRows.slice(-maxShown)].slice(-maxShown);
      totals.clicks += newClicks.length;
      totals.rows += newRows.length;
      for (const row of newRows) uncommitted.set(row.row_id, row);
      open = nowOpen;
    },
    committed(committedRows) {
      for (const row of committedRows) uncommitted.delete(row.row_id);
    },
    lake(data) {
      send({ event: 'lake', data });
    },
    close() {
      clearInterval(timer);
      listeners.clear();
    },
  };
}

function shownClick(click: EventHead): Extract<LiveMessage, { event: 'clicks' }>['data']['clicks'][number] {
  const { event_id, user_id, device_id, client_event, client_timestamp, received_at } = click;
  return { event_id, user_id, device_id, client_event, client_timestamp, received_at };
}
