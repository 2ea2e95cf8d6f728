/** Clicks of people who expected more: again and again at one place, or where nothing happened. */
import type { Tracker } from './tracker.ts';

export interface RageOptions {
  /** So many clicks are rage. Default 3. */
  clicks?: number;
  /** Within so long, milliseconds. Default 1,000. */
  withinMs?: number;
  /** And so near to each other, CSS pixels. Default 30. */
  radiusPx?: number;
  /** A control that changes nothing for so long is dead, milliseconds. Default 1,000. */
  deadAfterMs?: number;
}

/** What looks as if it would do something. */
const control = 'a[href],button,summary,[role=button],[role=link],[onclick],input[type=submit],input[type=button]';

/**
 * Sends `rage_click` once per series and `dead_click` for a control whose click changed neither the page, its
 * address, its scroll position nor the focus. Each with the `selector` of the element, without its text.
 *
 * @returns stops watching
 */
export function watchRage(client: Tracker, options: RageOptions = {}): () => void {
  const { clicks = 3, withinMs = 1000, radiusPx = 30, deadAfterMs = 1000 } = options;
  const abort = new AbortController();
  const watched = new Set<Element>();
  let series: MouseEvent[] = [];
  const near = (click: MouseEvent, other: MouseEvent): boolean =>
    click.timeStamp - other.timeStamp <= withinMs &&
    Math.hypot(click.clientX - other.clientX, click.clientY - other.clientY) <= radiusPx;

  const look = (click: MouseEvent): void => {
    const target = click.composedPath()[0];
    if (!(target instanceof Element) || click.button !== 0) return;
    const before = series.at(-1);
    series = before && near(click, before) ? [...series, click] : [click];
    const first = series[series.length - clicks];
    if (series.length === clicks && first && click.timeStamp - first.timeStamp <= withinMs)
      client.track('rage_click', { selector: selectorOf(target), clicks });
    const found = target.closest(control);
    if (found && !watched.has(found)) watchDead(found, click);
  };

  const watchDead = (found: Element, click: MouseEvent): void => {
    watched.add(found);
    const address = location.href;
    const focus = document.activeElement;
    const done = new AbortController();
    const observer = new MutationObserver(() => done.abort());
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    for (const type of ['scroll', 'pagehide', 'blur', 'change', 'submit'])
      addEventListener(type, () => done.abort(), { capture: true, signal: done.signal });
    const timer = setTimeout(() => {
      const dead = location.href === address && document.activeElement === focus && !click.ctrlKey && !click.metaKey;
      if (dead && !done.signal.aborted) client.track('dead_click', { selector: selectorOf(found) });
      done.abort();
    }, deadAfterMs);
    const end = (): void => {
      watched.delete(found);
      clearTimeout(timer);
      observer.disconnect();
    };
    done.signal.addEventListener('abort', end);
    abort.signal.addEventListener('abort', () => done.abort());
  };

  addEventListener('click', look, { capture: true, signal: abort.signal });
  return () => abort.abort();
}

/** `button#buy.big`: enough to find it, and nothing the visitor wrote. */
function selectorOf(element: Element): string {
  const id = element.id && `#${element.id}`;
  return [element.localName + id, ...element.classList].slice(0, 4).join('.').slice(0, 128);
}
