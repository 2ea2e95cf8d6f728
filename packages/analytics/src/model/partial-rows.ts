import type { SessionRow } from '@taphouse/schema';

import { grown, Interner, PairTable, type Utf8Column } from './intern.ts';

/** Rows of `aggregated` as columns, before they are put in order. Times are milliseconds since 1970 UTC. */
export interface RowColumns {
  length: number;
  user_id: Utf8Column;
  device_id: Utf8Column;
  beginnavigation: Utf8Column;
  endnavigation: Utf8Column;
  row_number: Float64Array;
  timeagg: Float64Array;
  beginsession: Float64Array;
  endsession: Float64Array;
  events: Float64Array;
}

/** A row whose begin or end falls on the same millisecond as another's of its key: only the events' ids tell the order. */
export interface Tie {
  row: number;
  side: 'begin' | 'end';
  /** Number of the row. */
  id: number;
  atMs: number;
  /** The row's `timeagg`, which says what file it is in. */
  timeagg: number;
}

/**
 * The rows of `aggregated` of a stretch of time, kept in the page: sorted by key and begin, copies dropped,
 * every text a number. From these `sessionize` makes the sessions of any length in one pass.
 */
export class PartialRows {
  readonly users = new Interner();
  readonly devices = new Interner();
  readonly names = new Interner();
  /** Keys: pairs of user and device. */
  readonly keys = new PairTable();
  #length = 0;
  /** False if rows were added since the last `settle`. */
  #settled = true;
  #uneven = false;
  /** Number of the key. */
  key = new Int32Array(0);
  begin = new Float64Array(0);
  end = new Float64Array(0);
  timeagg = new Float64Array(0);
  events = new Int32Array(0);
  /** Number of `beginnavigation`. */
  first = new Int32Array(0);
  /** Number of `endnavigation`. */
  last = new Int32Array(0);
  /** Number of the row, of its `row_id`: copies share it. */
  id = new Float64Array(0);
  /** Place of a row among those of its key that end on the same millisecond; absent means it does not matter. */
  endRank = new Map<number, number>();

  get length(): number {
    return this.#length;
  }

  /** True where rows of several steps are mixed, so that the windows of a key overlap. */
  get uneven(): boolean {
    return this.#uneven;
  }

  /** Adds rows as they come out of DuckDB. */
  add(columns: RowColumns): void {
    const at = this.#room(columns.length);
    const users = this.users.codes(columns.user_id);
    const devices = this.devices.codes(columns.device_id);
    for (let row = 0; row < columns.length; row += 1) {
      this.key[at + row] = this.keys.code(users[row] ?? 0, devices[row] ?? 0);
      this.events[at + row] = columns.events[row] ?? 0;
    }
    this.id.set(columns.row_number, at);
    this.first.set(this.names.codes(columns.beginnavigation), at);
    this.last.set(this.names.codes(columns.endnavigation), at);
    this.begin.set(columns.beginsession, at);
    this.end.set(columns.endsession, at);
    this.timeagg.set(columns.timeagg, at);
  }

  /** Adds one row that is not in the lake yet, and its number. */
  addLive(row: SessionRow, id: number): void {
    const at = this.#room(1);
    this.key[at] = this.keys.code(this.users.code(row.user_id), this.devices.code(row.device_id));
    this.begin[at] = row.beginsession;
    this.end[at] = row.endsession;
    this.timeagg[at] = row.timeagg;
    this.events[at] = row.events;
    this.first[at] = this.names.code(row.beginnavigation);
    this.last[at] = this.names.code(row.endnavigation);
    this.id[at] = id;
  }

  /** Puts the rows in order and drops copies. Gives the ties that only event ids can break, mostly none. */
  settle(): Tie[] {
    if (this.#settled) return [];
    const order = this.#order();
    this.#apply(order);
    this.#settled = true;
    this.endRank = new Map();
    this.#uneven = this.#findUneven();
    return [...this.#beginTies(), ...(this.#uneven ? this.#sameEnds() : this.#endTies())];
  }

  /**
   * Breaks ties: `ids` gives each row number's begin_event_id and end_event_id, whose byte order is event order.
   */
  breakTies(ties: readonly Tie[], ids: ReadonlyMap<number, { begin: string; end: string }>): void {
    const ends = ties.filter((tie) => tie.side === 'end' && ids.has(tie.id));
    ends.sort((a, b) => (textOf(ids, a.id, 'end') < textOf(ids, b.id, 'end') ? -1 : 1));
    const ranks = new Map(ends.map((tie, rank) => [tie.id, rank]));
    this.#reorderBegins(
      ties.filter((tie) => tie.side === 'begin'),
      ids,
    );
    for (const { row } of ends) {
      const [from, to] = this.#togetherWith(row);
      for (let place = from; place < to; place += 1) {
        const rank = ranks.get(this.id[place] ?? 0);
        if (rank !== undefined) this.endRank.set(place, rank);
      }
    }
  }

  /** The places of the rows that begin together with this one. */
  #togetherWith(row: number): [number, number] {
    let from = row;
    while (from > 0 && this.#beginTogether(from - 1, row)) from -= 1;
    let to = row + 1;
    while (to < this.#length && this.#beginTogether(to, row)) to += 1;
    return [from, to];
  }

  /** Takes out the rows that `gone` names by their number. */
  drop(gone: (id: number) => boolean): void {
    let to = 0;
    for (let row = 0; row < this.#length; row += 1) {
      if (gone(this.id[row] ?? 0)) continue;
      if (to !== row) this.#copy(row, to);
      to += 1;
    }
    if (to !== this.#length) this.#settled = false;
    this.#length = to;
  }

  #columns(): (Int32Array | Float64Array)[] {
    return [this.key, this.begin, this.end, this.timeagg, this.events, this.first, this.last, this.id];
  }

  #copy(from: number, to: number): void {
    for (const column of this.#columns()) column[to] = column[from] ?? 0;
  }

  /** Makes room for so many more rows at once: arrays that grow are copied again and again. */
  reserve(rows: number): void {
    this.#grow(this.#length + rows);
  }

  #room(rows: number): number {
    const at = this.#length;
    this.#grow(at + rows);
    this.#length = at + rows;
    this.#settled = false;
    return at;
  }

  #grow(length: number): void {
    this.key = grown(this.key, length);
    this.begin = grown(this.begin, length);
    this.end = grown(this.end, length);
    this.timeagg = grown(this.timeagg, length);
    this.events = grown(this.events, length);
    this.first = grown(this.first, length);
    this.last = grown(this.last, length);
    this.id = grown(this.id, length);
  }

  /** Row places by key, then begin: a counting sort by key, and each key's few rows after it. */
  #order(): Int32Array {
    const starts = new Int32Array(this.keys.size + 1);
    for (let row = 0; row < this.#length; row += 1) {
      const next = (this.key[row] ?? 0) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    for (let key = 0; key < this.keys.size; key += 1) starts[key + 1] = (starts[key + 1] ?? 0) + (starts[key] ?? 0);
    const places = starts.slice();
    const order = new Int32Array(this.#length);
    for (let row = 0; row < this.#length; row += 1) {
      const key = this.key[row] ?? 0;
      const place = places[key] ?? 0;
      order[place] = row;
      places[key] = place + 1;
    }
    for (let key = 0; key < this.keys.size; key += 1) {
      sortRun(order.subarray(starts[key], starts[key + 1]), this.begin);
    }
    return order;
  }

  #apply(order: Int32Array): void {
    const kept = this.#withoutCopies(order);
    this.key = gather(this.key, kept);
    this.begin = gather(this.begin, kept);
    this.end = gather(this.end, kept);
    this.timeagg = gather(this.timeagg, kept);
    this.events = gather(this.events, kept);
    this.first = gather(this.first, kept);
    this.last = gather(this.last, kept);
    this.id = gather(this.id, kept);
    this.#length = kept.length;
  }

  /** Copies share key, begin and row id, so they stand in one run of rows that begin together. */
  #withoutCopies(order: Int32Array): Int32Array {
    let kept = 0;
    for (const row of order) {
      let before = kept - 1;
      let copy = false;
      while (before >= 0 && !copy && this.#beginTogether(order[before] ?? 0, row)) {
        copy = this.id[order[before] ?? 0] === this.id[row];
        before -= 1;
      }
      if (!copy) {
        order[kept] = row;
        kept += 1;
      }
    }
    return order.subarray(0, kept);
  }

  #beginTogether(a: number, b: number): boolean {
    return this.key[a] === this.key[b] && this.begin[a] === this.begin[b];
  }

  #findUneven(): boolean {
    for (let row = 1; row < this.#length; row += 1) {
      if (this.key[row] === this.key[row - 1] && (this.timeagg[row] ?? 0) < (this.timeagg[row - 1] ?? 0)) return true;
    }
    return false;
  }

  /** Rows of a key that begin on the same millisecond. */
  #beginTies(): Tie[] {
    const ties: Tie[] = [];
    for (let row = 1; row < this.#length; row += 1) {
      if (!this.#beginTogether(row - 1, row)) continue;
      ties.push(this.#tie(row - 1, 'begin'), this.#tie(row, 'begin'));
    }
    return ties;
  }

  /** Rows of a key that end on the very millisecond up to which earlier rows reach. */
  #endTies(): Tie[] {
    const ties: Tie[] = [];
    let holder = 0;
    for (let row = 1; row < this.#length; row += 1) {
      const same = this.key[row] === this.key[holder];
      const end = this.end[row] ?? 0;
      const reach = this.end[holder] ?? 0;
      if (same && end === reach) ties.push(this.#tie(holder, 'end'), this.#tie(row, 'end'));
      if (!same || end > reach) holder = row;
    }
    return ties;
  }

  /** Rows of a key that end on the same millisecond, wherever they stand. */
  #sameEnds(): Tie[] {
    const ties: Tie[] = [];
    let ends = new Map<number, number>();
    for (let row = 0; row < this.#length; row += 1) {
      if (this.key[row] !== this.key[row - 1]) ends = new Map();
      const end = this.end[row] ?? 0;
      const other = ends.get(end);
      if (other !== undefined) ties.push(this.#tie(other, 'end'), this.#tie(row, 'end'));
      ends.set(end, row);
    }
    return ties;
  }

  #tie(row: number, side: 'begin' | 'end'): Tie {
    const atMs = (side === 'begin' ? this.begin[row] : this.end[row]) ?? 0;
    return { row, side, id: this.id[row] ?? 0, atMs, timeagg: this.timeagg[row] ?? 0 };
  }

  /** Rows that begin together are put in the order of their first events' ids. */
  #reorderBegins(ties: readonly Tie[], ids: ReadonlyMap<number, { begin: string; end: string }>): void {
    for (const { row } of ties) {
      const [from, to] = this.#togetherWith(row);
      const order = Array.from({ length: to - from }, (_, place) => from + place);
      order.sort((a, b) => (textOf(ids, this.id[a] ?? 0, 'begin') < textOf(ids, this.id[b] ?? 0, 'begin') ? -1 : 1));
      for (const column of this.#columns()) {
        const values = order.map((place) => column[place] ?? 0);
        column.set(values, from);
      }
    }
  }
}

function textOf(ids: ReadonlyMap<number, { begin: string; end: string }>, id: number, side: 'begin' | 'end'): string {
  return ids.get(id)?.[side] ?? '';
}

/** Files come in the order of time, so a run is nearly sorted already. */
function sortRun(run: Int32Array, by: Float64Array): void {
  if (run.length > 64) {
    run.sort((a, b) => (by[a] ?? 0) - (by[b] ?? 0));
    return;
  }
  for (let index = 1; index < run.length; index += 1) {
    const row = run[index] ?? 0;
    const time = by[row] ?? 0;
    let place = index;
    while (place > 0 && (by[run[place - 1] ?? 0] ?? 0) > time) {
      run[place] = run[place - 1] ?? 0;
      place -= 1;
    }
    run[place] = row;
  }
}

function gather<T extends Int32Array | Float64Array>(column: T, order: Int32Array): T {
  const Kind = column.constructor as new (length: number) => T;
  const gathered = new Kind(order.length);
  for (let index = 0; index < order.length; index += 1) gathered[index] = column[order[index] ?? 0] ?? 0;
  return gathered;
}
