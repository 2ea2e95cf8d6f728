import { html, type TemplateResult } from 'lit';

import { beers } from '../beers.ts';
import { bottle } from '../bottle.ts';
import { crateCount, type Line, crateLines, putInCrate } from '../crate.ts';
import type { Page } from './page.ts';

/** The crate with the bottles in it, to change the choice. `/selection` */
export function selectionPage(): Page {
  const lines = crateLines();
  return { title: 'Your crate', body: lines.length === 0 ? emptySelection() : fullSelection(lines) };
}

function fullSelection(lines: Line[]): TemplateResult {
  return html`
    <h1 tabindex="-1">Your crate</h1>
    ${crateOf(lines)}
    <ul class="lines">
      ${lines.map(lineOf)}
    </ul>
    <p class="next">
      <a class="button loud" href="/cart" data-tap-event="beer_cart" data-tap-bottles=${crateCount()}>To the cart</a>
      <a class="button plain" href="/" data-tap-event="beer_vitrine_nav" data-tap-shelf="all">Back to the shelf</a>
    </p>
  `;
}

/** The crate, seen from the front; a dozen bottles fill the row. */
export function crateOf(lines: Line[]): TemplateResult {
  const bottles = lines.flatMap(({ beer, count }) => Array.from({ length: count }, () => beer));
  return html`
    <div class="crate" aria-hidden="true">
      <div class="bottles">${bottles.slice(0, 12).map(bottle)}</div>
      <div class="planks"><span>Copper Lane</span></div>
    </div>
  `;
}

function lineOf({ beer, count }: Line): TemplateResult {
  return html`
    <li>
      <a href="/beers/${beer.slug}" data-tap-event="beer_product_detail" data-tap-beer=${beer.slug}>${beer.name}</a>
      <span class="stepper">
        <button aria-label="One ${beer.name} less" @click=${() => putInCrate(beer.slug, -1)}>−</button>
        <output aria-label="${beer.name} in the crate">${count}</output>
        <button
          aria-label="One ${beer.name} more"
          data-tap-event="beer_selection"
          data-tap-beer=${beer.slug}
          data-tap-price=${beer.priceCents / 100}
          @click=${() => putInCrate(beer.slug, 1)}
        >
          +
        </button>
      </span>
    </li>
  `;
}

/** Also what an empty cart shows. */
export function emptySelection(): TemplateResult {
  return html`
    <section class="empty">
      ${beers.slice(0, 3).map(bottle)}
      <h1 tabindex="-1">Your crate is empty</h1>
      <p>Nobody is hurrying you.</p>
      <p><a class="button loud" href="/" data-tap-event="beer_vitrine_nav" data-tap-shelf="all">To the shelf</a></p>
    </section>
  `;
}
