import type { SessionRow } from '@taphouse/schema';
import type { EventHead } from './line-layout.ts';

/**
 * Windows of one kind over the events of a shard, as the pump drives them: each event is pushed once, in the order of
 * arrival; windows open and close by the arrival clock alone; each closed window is a row, and rows merge. Stagger windows
 * (`createSessionizer`) make the rows that are kept, lag windows (`createLagSessions`) say what is going on now.
 */
export interface Window {
  /** Names the kind, its lengths and everything else that decides which rows come out; safe in a file name. */
  readonly configHash: string;
  /** Open windows. */
  readonly size: number;
  /**
   * Closes the windows whose time is up at `arrivedAt`, then counts the event.
   *
   * @param arrivedAt the log's stamp, milliseconds since 1970 UTC; one before the clock counts as the clock
   * @returns the closed rows, in the order of their deadlines
   */
  push(event: EventHead, arrivedAt: number): readonly SessionRow[];
  /** Brings the arrival clock forward over silence; closes the windows whose time is up. */
  advance(clockAt: number): readonly SessionRow[];
  /** Closes every window early. Later events open new ones, and their rows merge. */
  drain(): readonly SessionRow[];
  /** Rows of open windows as they stand, the latest first, with the row_id that the closed row will have. */
  openRows(limit: number): SessionRow[];
  /** All that is needed to go on. */
  snapshot(): Uint8Array;
}
