import { limits, ownKey } from '@taphouse/schema';
import type { StoredRecord } from '@taphouse/streams';
import { type EventHead, LineLayout } from './line-layout.ts';

/** Layouts that are remembered; a collector writes a few, one for each form of its clients' events. */
const maxLayouts = 32;

const lineFeed = 0x0a;

/** What a record holds. */
export interface ReadRecord {
  events: EventHead[];
  /** The same as text for the lake, see `Commit.lines`; empty if there are none. */
  lines: string;
}

/**
 * Reads the heads of events from records. A line written as others before it is matched, which takes a third of
 * JSON.parse and leaves no garbage of whole events; any other goes through JSON.parse, with the same result.
 */
export class RecordReader {
  /** The one last used first. */
  readonly #layouts: LineLayout[] = [];
  /** Columns of lines that were parsed. */
  readonly #known = new Set<string>();
  #text = '';
  #at = 0;
  /** What each line of the record says of itself, as long as the rest of all of them is the same. */
  #own: string[] = [];
  #rest = '';

  /**
   * The events of a record; none, and a word to `onForeign`, if it holds anything else. A stream may have other writers, and
   * one record that cannot be read must not end the reading, now and after each restart.
   */
  read(record: StoredRecord, onForeign: (fault: Error) => void): ReadRecord {
    this.#text = record.data;
    this.#at = 0;
    this.#own = [];
    try {
      const heads: EventHead[] = [];
      while (this.#text !== '' && this.#at <= this.#text.length) {
        const head = this.#matched() ?? this.#parsed();
        if (!head) {
          onForeign(new Error(`record ${record.position}: not the events of a collector; left out`));
          return { events: [], lines: '' };
        }
        heads.push(head);
      }
      return { events: heads, lines: this.#lines(heads.length) };
    } catch (cause) {
      onForeign(new Error(`record ${record.position}: not JSON lines of events; left out`, { cause }));
    }
    return { events: [], lines: '' };
  }

  /** Clicks of one batch share two thirds of their text: that is said once, and need not be written and read again for each. */
  #lines(count: number): string {
    if (count < 2 || this.#own.length < count) return this.#text;
    return `{"${ownKey}":[${this.#own.join('},')}}]${this.#rest}`;
  }

  /** The line that is next, if it is of a known layout. */
  #matched(): EventHead | undefined {
    for (const [i, layout] of this.#layouts.entries()) {
      const head = layout.match(this.#text, this.#at);
      if (!head || !this.#isEnd(layout.end) || head.event_id.length > limits.maxEventIdLength) continue;
      if (i > 0) this.#layouts.unshift(...this.#layouts.splice(i, 1));
      this.#keepOwn(layout);
      this.#at = layout.end + 1;
      return head;
    }
    return undefined;
  }

  #keepOwn({ isOwnFirst, ownEnd, rest }: LineLayout): void {
    if (this.#own.length === 0) this.#rest = rest;
    if (isOwnFirst && rest === this.#rest) this.#own.push(this.#text.slice(this.#at, ownEnd));
  }

  #isEnd(at: number): boolean {
    return at === this.#text.length || this.#text.charCodeAt(at) === lineFeed;
  }

  /** The line that is next, if it is an event. */
  #parsed(): EventHead | undefined {
    const feed = this.#text.indexOf('\n', this.#at);
    const end = feed < 0 ? this.#text.length : feed;
    const event: unknown = JSON.parse(this.#text.slice(this.#at, end));
    this.#at = end + 1;
    if (!isHead(event)) return undefined;
    this.#learn(Object.keys(event));
    return event;
  }

  #learn(columns: readonly string[]): void {
    const name = columns.join();
    if (this.#known.size === maxLayouts || this.#known.has(name)) return;
    this.#known.add(name);
    if (LineLayout.isOf(columns)) this.#layouts.push(new LineLayout(columns));
  }
}

/** What the engine relies on; the rest of an event only passes through. */
function isHead(event: unknown): event is EventHead {
  if (typeof event !== 'object' || event === null) return false;
  const { event_id, user_id, device_id, client_event, client_timestamp, received_at } = event as Partial<EventHead>;
  return (
    !(ownKey in event) &&
    typeof event_id === 'string' &&
    event_id.length <= limits.maxEventIdLength &&
    typeof user_id === 'string' &&
    typeof device_id === 'string' &&
    typeof client_event === 'string' &&
    Number.isSafeInteger(client_timestamp) &&
    Number.isSafeInteger(received_at)
  );
}
