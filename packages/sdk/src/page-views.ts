import { listen } from './listen.ts';
import { look } from './queue.ts';

/**
 * Looks at each change of the address: first load (a prerendered page once shown), routes of a
 * single-page app, Back and Forward, return from the back/forward cache.
 */
export function watchPages(): void {
  const { navigation } = window as { navigation?: EventTarget };
  navigation?.addEventListener('currententrychange', look);
  listen('popstate pageshow', look);
  // Without the Navigation API (Firefox before 147, Safari before 26.2) pushState tells nobody.
  // oxlint-disable-next-line typescript/unbound-method -- it is called with `apply`
  const { pushState } = history;
  if (!navigation)
    history.pushState = (...values) => {
      pushState.apply(history, values);
      look();
    };
  look();
}
