/** How far down a page was read. */
import type { Tracker } from './tracker.ts';

export interface ScrollOptions {
  /** Depths that are reported, percent of the page. Default 25, 50, 75, 90. */
  steps?: readonly number[];
}

/**
 * Sends `scroll_depth` with `percent` when a step is first reached, each step once an address. A page that needs no
 * scrolling reports nothing.
 *
 * @returns stops watching
 */
export function watchScroll(client: Tracker, { steps = [25, 50, 75, 90] }: ScrollOptions = {}): () => void {
  const abort = new AbortController();
  let address = '';
  let left: number[] = [];
  const look = (): void => {
    if (address !== location.pathname) {
      address = location.pathname;
      left = steps.toSorted((a, b) => a - b);
    }
    const { scrollHeight } = document.documentElement;
    if (scrollHeight <= innerHeight) return;
    const percent = ((scrollY + innerHeight) / scrollHeight) * 100;
    for (; left[0] !== undefined && left[0] <= percent + 0.5; left.shift())
      client.track('scroll_depth', { percent: left[0] });
  };
  addEventListener('scroll', look, { passive: true, signal: abort.signal });
  return () => abort.abort();
}
