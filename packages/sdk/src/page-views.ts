import { cleanUrl } from './clean-url.ts';
import { listen } from './listen.ts';
import { setReferrer, track } from './queue.ts';

/**
 * Tracks a `page_view` at each change of the address, as cut: first load (a prerendered page once shown), routes of a
 * single-page app, Back and Forward, return from the back/forward cache.
 */
export function watchPages(): void {
  let lastUrl = '';
  // Later, because a router sets the title after it has changed the address.
  const look = (event?: Partial<PageTransitionEvent>): void => {
    if (event?.persisted) lastUrl = '';
    setTimeout(() => {
      const url = cleanUrl(location.href);
      if (url === lastUrl || (document as { prerendering?: boolean }).prerendering) return;
      if (lastUrl) setReferrer(lastUrl);
      track('page_view');
      lastUrl = url;
    });
  };
  const { navigation } = window as { navigation?: EventTarget };
  listen('currententrychange', look, navigation);
  listen('popstate pageshow prerenderingchange', look);
  if (!navigation) watchHistory(look);
  look();
}

/** Without the Navigation API (Firefox before 147, Safari before 26.2) pushState tells nobody. */
function watchHistory(changed: () => void): void {
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = (...values) => {
      original.apply(history, values);
      changed();
    };
  }
}
