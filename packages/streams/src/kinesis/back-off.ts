import { createBell } from '../bell.ts';

export interface BackOff {
  /** Wait after a first failure, milliseconds. */
  firstMs: number;
  /** 0 to 1, 1 excluded. */
  random: () => number;
}

/** Longest wait, milliseconds: what was throttled may work the next second. */
const longestMs = 2000;

/**
 * How long to wait after the `failures`th failure in a row, milliseconds: doubling, and spread so that those who
 * failed together do not come back together.
 */
export function backOffMs(failures: number, { firstMs, random }: BackOff): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1)) * (0.5 + random() / 2);
}

/** Resolves after `waitMs`, or at once when the signal aborts. */
export async function rest(waitMs: number, signal?: AbortSignal): Promise<void> {
  await createBell().wait(waitMs, signal);
}
