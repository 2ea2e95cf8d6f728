import type { LiveFeed } from '@taphouse/collector';
import type { LiveMessage, SessionRow } from '@taphouse/schema';
import type { EventHead, LagWindow, StaggerWindow } from '@taphouse/sessions';

/** Windows or sessions that are open now. */
export interface Open {
  total: number;
  newest: () => SessionRow[];
}

/** What the hub is told, and the feed it makes of it. */
export interface LiveHub extends LiveFeed {
  /** A slice of the stream went through the engine. */
  slice(events: readonly EventHead[], rows: readonly SessionRow[], open: Open): void;
  /** Sessions that ended, and those going on. */
  sessions(ended: readonly SessionRow[], ongoing: Open): void;
  /** A commit reached the lake: its rows need no live side any more. */
  committed(rows: readonly SessionRow[]): void;
  /** From now on, nothing is told of what a user did at a time of which `isHidden` says true, milliseconds since 1970 UTC. */
  hide(isHidden: (userId: string, at: number) => boolean): void;
  /** A table has a new manifest. */
  lake(message: Extract<LiveMessage, { event: 'lake' }>['data']): void;
  close(): void;
}

type ShownClick = Extract<LiveMessage, { event: 'clicks' }>['data']['clicks'][number];

/** Most clicks or rows in one message; `total` still says how many there were. */
const maxShown = 200;
const everyMs = 100;

/**
 * Gathers what the pump sees and tells subscribers ten times a second, so that a busy stream costs a viewer no more
 * than a quiet one. A new subscriber first gets the rows that are closed but not yet in Parquet.
 */
export function openLiveHub(window: StaggerWindow, lag?: LagWindow): LiveHub {
  const listeners = new Set<(message: LiveMessage) => void>();
  const uncommitted = new Map<string, SessionRow>();
  let clicks: EventHead[] = [];
  let rows: SessionRow[] = [];
  let ended: SessionRow[] = [];
  let totals = { clicks: 0, rows: 0, ended: 0 };
  let open: Open = { total: 0, newest: () => [] };
  let ongoing: Open = { total: 0, newest: () => [] };
  let isHidden: Parameters<LiveHub['hide']>[0] = hidesNobody;
  /** What was said last of what is open. */
  let lastOpen: string[] = [];

  const send = (message: LiveMessage): void => {
    for (const listener of listeners) listener(message);
  };
  const shown = (of: readonly SessionRow[]): SessionRow[] =>
    of.filter(({ user_id, beginsession }) => !isHidden(user_id, beginsession));
  const shownClicks = (of: readonly EventHead[]): ShownClick[] =>
    of.filter(({ user_id, client_timestamp }) => !isHidden(user_id, client_timestamp)).map(shownClick);
  const openMessages = (): LiveMessage[] => [
    { event: 'windows', data: { total: open.total, rows: shown(open.newest()), ...window } },
    ...(lag
      ? [{ event: 'ongoing' as const, data: { total: ongoing.total, rows: shown(ongoing.newest()), ...lag } }]
      : []),
  ];

  const timer = setInterval(() => {
    if (listeners.size > 0) {
      if (totals.clicks > 0) send({ event: 'clicks', data: { total: totals.clicks, clicks: shownClicks(clicks) } });
      if (totals.rows > 0) send({ event: 'sessions', data: { total: totals.rows, rows: shown(rows) } });
      if (totals.ended > 0) send({ event: 'ended', data: { total: totals.ended, rows: shown(ended) } });
      const messages = openMessages();
      const texts = messages.map((message) => JSON.stringify(message.data));
      messages.filter((_, i) => texts[i] !== lastOpen[i]).forEach(send);
      lastOpen = texts;
    }
    clicks = [];
    rows = [];
    ended = [];
    totals = { clicks: 0, rows: 0, ended: 0 };
  }, everyMs);
  timer.unref();

  return {
    subscribe(listener) {
      listeners.add(listener);
      openMessages().forEach(listener);
      if (uncommitted.size > 0)
        listener({
          event: 'sessions',
          data: { total: uncommitted.size, rows: shown([...uncommitted.values()].slice(-maxShown)) },
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
    sessions(newlyEnded, nowOngoing) {
      ended = [...ended, ...newlyEnded.slice(-maxShown)].slice(-maxShown);
      totals.ended += newlyEnded.length;
      ongoing = nowOngoing;
    },
    committed(committedRows) {
      for (const row of committedRows) uncommitted.delete(row.row_id);
    },
    hide(those) {
      isHidden = those;
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

const hidesNobody = (): boolean => false;

function shownClick(click: EventHead): ShownClick {
  const { event_id, user_id, device_id, client_event, client_timestamp, received_at } = click;
  return { event_id, user_id, device_id, client_event, client_timestamp, received_at };
}
