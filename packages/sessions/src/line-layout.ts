import { type ClickEvent, ownColumns, tables } from '@taphouse/schema';

/** What sessions are made of: an event without what it only carries. */
export type EventHead = Pick<
  ClickEvent,
  'event_id' | 'user_id' | 'device_id' | 'client_event' | 'client_timestamp' | 'received_at'
>;

const headColumns: readonly string[] = [...ownColumns.slice(0, 3), 'user_id', 'device_id', 'received_at'];

/**
 * One way in which lines of events are written: which columns, in which order. A line of it is matched without reading what it
 * only carries. And the lines of a record are clicks of one visitor, mostly on one page: behind its last own column a line
 * often is as the one before, and then not even matched.
 */
export class LineLayout {
  readonly #own: RegExp;
  readonly #rest: RegExp;
  /** Numbers of the columns of a head among the groups of both patterns, in the order of `headColumns`. */
  readonly #ownGroups: readonly number[];
  readonly #restGroups: readonly number[];
  /** Whether a line first says all that is its own, and nothing else. */
  readonly isOwnFirst: boolean;
  /** Of the line last matched. */
  #restText = '';
  #restMatch: RegExpExecArray | undefined;
  /** `received_at`, if that is there. */
  #restReceivedAt = NaN;
  #end = 0;

  /** Whether a layout can be made of these: columns of `rawdata`, those of a head among them. */
  static isOf(columns: readonly string[]): boolean {
    return headColumns.every((name) => columns.includes(name)) && columns.every((name) => types.has(name));
  }

  /** @param columns see `isOf` */
  constructor(columns: readonly string[]) {
    const ownCount = columns.findLastIndex((name) => ownColumns.includes(name)) + 1;
    this.isOwnFirst = columns.slice(0, ownCount).every((name) => ownColumns.includes(name));
    const patterns = columns.map((name, i) => `${i === 0 ? '\\{' : ','}"${name}":${valuePattern(name)}`);
    this.#own = new RegExp(patterns.slice(0, ownCount).join(''), 'y');
    this.#rest = new RegExp(`${patterns.slice(ownCount).join('')}\\}`, 'y');
    this.#ownGroups = groupsOf(columns.slice(0, ownCount));
    this.#restGroups = groupsOf(columns.slice(ownCount));
  }

  /** Where the own columns of the line last matched end. */
  get ownEnd(): number {
    return this.#end - this.#restText.length;
  }

  /** What is behind them, from the comma to the closing brace. */
  get rest(): string {
    return this.#restText;
  }

  /** Where the line last matched ends. */
  get end(): number {
    return this.#end;
  }

  /** The head of the line that begins at `at`, if that is of this layout; what is behind it is not looked at. */
  match(lines: string, at: number): EventHead | undefined {
    this.#own.lastIndex = at;
    const own = this.#own.exec(lines);
    const rest = own && this.#matchRest(lines, this.#own.lastIndex);
    if (!rest) return undefined;
    const value = (i: number): string =>
      (this.#ownGroups[i] ? own[this.#ownGroups[i]] : rest[this.#restGroups[i] as number]) as string;
    return {
      event_id: value(0),
      client_event: value(1),
      client_timestamp: Number(value(2)),
      user_id: value(3),
      device_id: value(4),
      received_at: this.#ownGroups[5] ? Number(value(5)) : this.#restReceivedAt,
    };
  }

  #matchRest(lines: string, at: number): RegExpExecArray | undefined {
    const end = at + this.#restText.length;
    if (lines.slice(at, end) !== this.#restText || !this.#restMatch) {
      this.#rest.lastIndex = at;
      const match = this.#rest.exec(lines);
      if (!match) return undefined;
      this.#restMatch = match;
      this.#restText = match[0];
      this.#restReceivedAt = Number(match[this.#restGroups[5] as number]);
    }
    this.#end = at + this.#restText.length;
    return this.#restMatch;
  }
}

/** For each column of a head its number among the groups of a pattern, or 0. */
function groupsOf(columns: readonly string[]): number[] {
  const groups = columns.filter((name) => headColumns.includes(name));
  return headColumns.map((name) => groups.indexOf(name) + 1);
}

const types = new Map<string, string>(tables.rawdata.map(({ name, type }) => [name, type]));
const text = '[^"\\\\\\u0000-\\u001f]*';
const pair = `"${text}":"${text}"`;
const number = '-?(?:0|[1-9][0-9]{0,14})';

/** JSON of a column: text without escapes, no spaces; a subset of what JSON.parse takes. */
function valuePattern(name: string): string {
  const type = types.get(name);
  const isOfHead = headColumns.includes(name);
  if (type === 'VARCHAR') return isOfHead ? `"(${text})"` : `(?:null|"${text}")`;
  if (type === 'MAP(VARCHAR, VARCHAR)') return `\\{(?:${pair}(?:,${pair})*)?\\}`;
  return isOfHead ? `(${number})` : `(?:null|${number})`;
}
