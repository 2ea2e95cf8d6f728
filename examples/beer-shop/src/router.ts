/** Client-side routing with the History API: a link of the shop changes the page without loading one. */

/** Pages of other applications on this server: their links are left to the browser. */
const others = /^\/(dashboard|sql|sdk|v1|lake)(\/|$)/;

/** Calls `draw` now and after each change of the address. */
export function startRouter(draw: (url: URL) => void): void {
  const show = (): void => draw(new URL(location.href));
  document.addEventListener('click', (event) => {
    const url = shopLink(event);
    if (!url) return;
    event.preventDefault();
    history.pushState(null, '', url);
    show();
    scrollTo(0, 0);
    // A screen reader goes on at the new page's heading, as after a page load.
    if (url.search === '') document.querySelector('h1')?.focus();
  });
  addEventListener('popstate', show);
  show();
}

/** Where a plain click on a link of the shop leads; null for every other click. */
function shopLink(event: MouseEvent): URL | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element).closest('a');
  if (!link || link.target || link.hash) return null;
  const url = new URL(link.href);
  return url.origin === location.origin && !others.test(url.pathname) ? url : null;
}
