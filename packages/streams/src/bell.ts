/** Wakes readers that wait at the end of a stream. */
export interface Bell {
  /** Wakes everyone who waits. */
  ring(): void;
  /** Resolves at the next ring, after `afterMs`, or when the signal aborts; true if it rang. */
  wait(afterMs: number, signal?: AbortSignal): Promise<boolean>;
}

/** A bell nobody waits for yet. */
export function createBell(): Bell {
  const waiting = new Set<() => void>();
  return {
    ring() {
      for (const wake of waiting) wake();
    },
    wait(afterMs, signal) {
      if (signal?.aborted) return Promise.resolve(false);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const wake = (): void => resolve(true);
      const giveUp = (): void => resolve(false);
      const timer = setTimeout(giveUp, afterMs);
      waiting.add(wake);
      signal?.addEventListener('abort', giveUp);
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(wake);
        signal?.removeEventListener('abort', giveUp);
      });
    },
  };
}
