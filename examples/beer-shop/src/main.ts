import { html, render, type TemplateResult } from 'lit';

import { appBar } from './app-bar.ts';
import { beerOf } from './beers.ts';
import { crateCount, emptyCrate, onCrateChange } from './crate.ts';
import { cartPage } from './pages/cart-page.ts';
import { checkoutPage } from './pages/checkout-page.ts';
import type { Page } from './pages/page.ts';
import { productPage } from './pages/product-page.ts';
import { productsPage } from './pages/products-page.ts';
import { selectionPage } from './pages/selection-page.ts';
import { shelfPage } from './pages/shelf-page.ts';
import { startRouter } from './router.ts';
import { showYourEvents } from './your-events.ts';

const shop = document.body.appendChild(document.createElement('div'));
const events = document.body.appendChild(document.createElement('aside'));
events.ariaLabel = 'Your events';

showYourEvents(events);
onCrateChange(() => draw(new URL(location.href)));
startRouter((url) => {
  if (url.pathname === '/checkout') emptyCrate();
  draw(url);
});

function draw(url: URL): void {
  const { title, body } = pageOf(url);
  document.title = `${title} · Copper Lane`;
  render(
    html`${appBar(url.pathname)}
      <main id="main">${body}</main>
      <p class="unseen" role="status">${crateNews()}</p>
      ${footer()}`,
    shop,
  );
}

/** Read out when it changes. */
function crateNews(): string {
  return crateCount() === 1 ? '1 bottle in your crate' : `${crateCount()} bottles in your crate`;
}

function pageOf(url: URL): Page {
  const [first, second] = url.pathname.split('/').filter(Boolean);
  const beer = second ? beerOf(second) : undefined;
  if (first === 'beers') return beer ? productPage(beer) : productsPage(url);
  if (first === 'selection') return selectionPage();
  if (first === 'cart') return cartPage();
  if (first === 'checkout') return checkoutPage();
  return shelfPage(url);
}

function footer(): TemplateResult {
  return html`
    <footer>
      <p>
        Copper Lane is the demo shop of Taphouse. The beers are invented; the clickstream is real and stays on the
        machine that serves this page.
      </p>
    </footer>
  `;
}
