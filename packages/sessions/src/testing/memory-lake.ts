import type { ClickEvent, Mark, SessionRow } from '@taphouse/schema';
import type { SeenRun, SeenStore } from '../engine/seen-events.ts';
import type { Checkpoint, Commit, PumpState, Sink } from '../pump-ports.ts';

/** Called at each point where a process may die or a disk may fail; a test throws or hangs here. */
export type FaultPoint = (name: string) => Promise<void>;

/** Lake and state in memory, with the seams of the real ones: two tables that commit apart, then the state. */
export class MemoryLake {
  readonly rawdata: Table<ClickEvent> = { rows: [], marks: new Map() };
  readonly aggregated: Table<SessionRow> = { rows: [], marks: new Map() };
  readonly saved = new Map<string, Checkpoint>();
  readonly commits: Commit[] = [];

  /** Ids seen of each shard, if they are kept apart. */
  readonly seen = new Map<string, MemorySeen>();

  /** Sink and state as one process sees them; `seenApart` as lmdb does it. */
  open(at: FaultPoint = async () => {}, { seenApart = false } = {}): { sink: Sink; state: PumpState } {
    const seenOf = (shard: string): MemorySeen => {
      const seen = this.seen.get(shard) ?? new MemorySeen();
      this.seen.set(shard, seen);
      return seen;
    };
    return {
      sink: {
        mark: async (shard) => later(this.rawdata.marks.get(shard), this.aggregated.marks.get(shard)),
        write: async (commit) => {
          await at('before rawdata');
          put(this.rawdata, commit, commit.events);
          await at('between the tables');
          put(this.aggregated, commit, commit.rows);
          this.commits.push(commit);
          await at('after the tables');
        },
      },
      state: {
        ...(seenApart && { seen: seenOf }),
        load: async (shard) => this.saved.get(shard),
        save: async (shard, { put, drop, seen = [], ...head }) => {
          await at('before the state');
          const kept = this.saved.get(shard)?.parts.filter((part) => !drop.includes(part.id)) ?? [];
          if (seenApart) seenOf(shard).put(seen);
          this.saved.set(shard, { ...head, parts: structuredClone([...kept, ...put]) });
          await at('after the state');
        },
      },
    };
  }
}

interface Table<Row> {
  rows: Row[];
  marks: Map<string, Mark>;
}

function put<Row>(table: Table<Row>, { shard, mark }: Commit, rows: readonly Row[]): void {
  if (order(mark) <= order(table.marks.get(shard))) return;
  table.rows = table.rows.concat(rows);
  table.marks.set(shard, mark);
}

function later(a: Mark | undefined, b: Mark | undefined): Mark | undefined {
  return order(a) < order(b) ? b : a;
}

/** Sorts as marks do. */
function order(mark: Mark | undefined): string {
  return mark ? `${mark.position} ${String(mark.clockAt).padStart(15, '0')} ${mark.drained}` : '';
}

/** Ids seen, in a Map. */
export class MemorySeen implements SeenStore {
  readonly runs: Map<string, SeenRun>;
  /** Runs asked for and found. */
  found = 0;

  constructor(runs: Iterable<[string, SeenRun]> = []) {
    this.runs = new Map(runs);
  }

  find(prefix: string, width: number, chunk: number): SeenRun | undefined {
    const run = this.runs.get(keyOf({ prefix, width, chunk }));
    if (run) this.found += 1;
    return run;
  }

  put(runs: readonly SeenRun[]): void {
    for (const run of runs) this.runs.set(keyOf(run), run);
  }
}

function keyOf({ prefix, width, chunk }: Pick<SeenRun, 'prefix' | 'width' | 'chunk'>): string {
  return `${width} ${chunk} ${prefix}`;
}
