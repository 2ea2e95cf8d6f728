/**
 * Calls `view` at each change of the address as `currentUrl` gives it: first load (a prerendered page when shown),
 * routes of a single-page app, Back and Forward, return from the back/forward cache. The title has settled by then.
 */
export function watchPages(currentUrl: () => string, view: (url: string, lastUrl: string) => void): void {
  let lastUrl = '';
  const look = (): void => {
    const url = currentUrl();
    if (url === lastUrl) return;
    view(url, lastUrl);
    lastUrl = url;
  };
  // A router sets the title after it has changed the address.
  const lookSoon = (): void => void setTimeout(look);
  watchAddress(lookSoon);
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    lastUrl = '';
    look();
  });
  look();
}

function watchAddress(changed: () => void): void {
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) return navigation.addEventListener('currententrychange', changed);
  // Without the Navigation API (Firefox before 147, Safari before 26.2) pushState tells nobody.
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = function (...args) {
      original.apply(this, args);
      changed();
    };
  }
  addEventListener('popstate', changed);
}
