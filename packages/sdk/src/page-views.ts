import { listen } from './listen.ts';
import { look, view } from './queue.ts';

/**
 * Looks at each change of the address: first load (a prerendered page once shown), routes of a
 * single-page app, Back and Forward, return from the back/forward cache.
 */
export function watchPages(): void {
  (window as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', look);
  listen('popstate pageshow', look);
  tell(history);
  // Not by a timer, which Firefox defers while it loads.
  view();
}

/** Without the Navigation API (Firefox before 147, Safari before 26.2) `pushState` tells nobody. With it, twice. */
// oxlint-disable-next-line typescript/unbound-method -- it is called with `apply`
const tell = ({ pushState }: History): void => {
  history.pushState = (...values) => {
    pushState.apply(history, values);
    setTimeout(view);
  };
};
