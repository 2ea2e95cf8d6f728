/** One commit at a time: writes that come while one is on its way to the disk share the next, and its sync. */
export interface GroupCommit {
  /** Resolves when `puts` is on disk; rejects with the commit's error, and then nothing of its group is. */
  write(puts: () => void): Promise<void>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
}

/** Writes of one commit, and the promise that all of them wait for. */
interface Group {
  puts: (() => void)[];
  done: PromiseWithResolvers<void>;
}

/**
 * Groups writes for `commit`, which runs the puts it is given in one transaction. Left to itself, lmdb splits 64
 * writers into two groups that wait for each other: 38 writes a sync where this has 64.
 */
export function createGroupCommit(commit: (puts: () => void) => Promise<unknown>): GroupCommit {
  let waiting: Group | undefined;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    // Everything that this turn of the event loop reads from its sockets is in the first group.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting) {
      const group = waiting;
      waiting = undefined;
      await commitGroup(group, commit);
    }
    running = undefined;
  };

  return {
    write(puts) {
      waiting ??= { puts: [], done: Promise.withResolvers<void>() };
      waiting.puts.push(puts);
      running ??= run();
      return waiting.done.promise;
    },
    idle: () => running ?? Promise.resolve(),
  };
}

async function commitGroup({ puts, done }: Group, commit: (puts: () => void) => Promise<unknown>): Promise<void> {
  try {
    await commit(() => {
      for (const put of puts) put();
    });
    done.resolve();
  } catch (error) {
    done.reject(error);
  }
}
