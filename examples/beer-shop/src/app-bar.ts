import { html, type TemplateResult } from 'lit';

import { crateCount } from './crate.ts';

/** The top of every page. Each link says with `data-tap-event` what a click on it means. */
export function appBar(path: string): TemplateResult {
  const count = crateCount();
  return html`
    <a class="skip" href="#main">Skip to the beers</a>
    <header class="bar">
      <a class="brand" href="/" data-tap-event="beer_vitrine_nav" data-tap-shelf="all">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path class="mug" d="M8 11h13v14a3 3 0 0 1-3 3h-7a3 3 0 0 1-3-3zM21 14h3a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-3" />
          <path class="foam" d="M7 13a3.500 3.500 0 0 1 3-6 5 5 0 0 1 9 0 3.500 3.500 0 0 1 3 6z" />
        </svg>
        Copper Lane
      </a>
      <nav aria-label="Shop">
        <a href="/" aria-current=${here(path === '/')} data-tap-event="beer_vitrine_nav" data-tap-shelf="all">Shelf</a>
        <a href="/beers" aria-current=${here(path.startsWith('/beers'))} data-tap-event="beer_products">All beers</a>
        <a href="/cart" aria-current=${here(path === '/cart')} data-tap-event="beer_cart" data-tap-bottles=${count}>
          Cart <span class="badge" aria-label="${count} bottles">${count}</span>
        </a>
      </nav>
      <nav class="behind" aria-label="Behind the shop">
        <a href="/dashboard/">Dashboard</a>
        <a href="/sql/">SQL</a>
      </nav>
    </header>
  `;
}

function here(current: boolean): 'page' | 'false' {
  return current ? 'page' : 'false';
}
