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
  /** CSS selector of what is meant to be clicked again and again, such as a stepper. Default: nothing. */
  ignore?: string;
}

/** What looks as if it would do something. */
const control = 'a[href],button,summary,[role=button],[role=link],[onclick],input[type=submit],input[type=button]';
/** What is clicked more than once to select, to step or to switch. */
const field =
  'input:not([type=submit],[type=button],[type=reset],[type=image]),textarea,select,label,[contenteditable]';
/** What shows that a click did something, beside a change of the document; `beforeunload` comes long before `pagehide`. */
const signs = 'scroll beforeunload pagehide blur change input submit toggle copy play pause fullscreenchange'.split(
  ' ',
);
/** As many clicks select a whole paragraph. */
const selectingClicks = 3;

/**
 * Sends `rage_click` once per series and `dead_click` for a control whose click changed neither the page, its
 * address, its scroll position nor the focus. Each with the `selector` of the element, without its text.
 * Selecting text and using a field is no rage; a link that opens elsewhere, downloads or writes a mail is not dead.
 *
 * @returns stops watching
 */
export function watchRage(client: Tracker, options: RageOptions = {}): () => void {
  const { clicks = 3, withinMs = 1000, radiusPx = 30, deadAfterMs = 1000, ignore } = options;
  const noRage = ignore ? `${field},${ignore}` : field;
  const abort = new AbortController();
  const watched = new Set<Element>();
  let series: MouseEvent[] = [];
  let told = false;
  const near = (click: MouseEvent, other: MouseEvent): boolean =>
    click.timeStamp - other.timeStamp <= withinMs &&
    Math.hypot(click.clientX - other.clientX, click.clientY - other.clientY) <= radiusPx;

  const look = (click: MouseEvent): void => {
    const target = click.composedPath()[0];
    if (!(target instanceof Element) || click.button !== 0) return;
    if (!target.closest(noRage)) lookForRage(click, target);
    const found = target.closest(control);
    if (found && !watched.has(found) && !elsewhere(found, click)) watchDead(found, click);
  };

  const lookForRage = (click: MouseEvent, target: Element): void => {
    const before = series.at(-1);
    told &&= before !== undefined && near(click, before);
    series = before && near(click, before) ? [...series, click] : [click];
    const needed = selects(target) ? Math.max(clicks, selectingClicks + 1) : clicks;
    const first = series.at(-needed);
    if (told || !first || click.timeStamp - first.timeStamp > withinMs) return;
    told = true;
    client.track('rage_click', { selector: selectorOf(target), clicks: needed });
  };

  const watchDead = (found: Element, click: MouseEvent): void => {
    watched.add(found);
    const address = location.href;
    const focus = document.activeElement;
    const done = new AbortController();
    const observer = new MutationObserver(() => done.abort());
    const what = { subtree: true, childList: true, attributes: true, characterData: true };
    // Changes within shadow roots are told to nobody outside.
    for (const root of click.composedPath())
      if (root instanceof Document || root instanceof ShadowRoot) observer.observe(root, what);
    for (const type of signs) addEventListener(type, () => done.abort(), { capture: true, signal: done.signal });
    const timer = setTimeout(() => {
      const dead = location.href === address && document.activeElement === focus;
      if (dead && !done.signal.aborted) client.track('dead_click', { selector: selectorOf(found) });
      done.abort();
    }, deadAfterMs);
    const end = (): void => {
      watched.delete(found);
      clearTimeout(timer);
      observer.disconnect();
    };
    done.signal.addEventListener('abort', end);
    abort.signal.addEventListener('abort', () => done.abort(), { signal: done.signal });
  };

  addEventListener('click', look, { capture: true, signal: abort.signal });
  return () => abort.abort();
}

/** Whether the clicks so far have selected text here. */
function selects(target: Element): boolean {
  const selection = getSelection();
  return selection?.type === 'Range' && selection.containsNode(target, true);
}

/** Whether what the click does is not to be seen in this page. */
function elsewhere(found: Element, { ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  if (ctrlKey || metaKey || shiftKey || altKey) return true;
  if (!(found instanceof HTMLAnchorElement)) return false;
  const { target, protocol } = found;
  return found.hasAttribute('download') || (target !== '' && target !== '_self') || !protocol.startsWith('http');
}

/** `button#buy.big`: enough to find it, and nothing the visitor wrote. */
function selectorOf(element: Element): string {
  const id = element.id && `#${element.id}`;
  return [element.localName + id, ...element.classList].slice(0, 4).join('.').slice(0, 128);
}
