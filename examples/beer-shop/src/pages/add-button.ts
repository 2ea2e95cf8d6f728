import { html, type TemplateResult } from 'lit';

import type { Beer } from '../beers.ts';
import { putInCrate } from '../crate.ts';

/** "Add to crate": the click that the SDK sends as `beer_selection`, with the beer and its price. */
export function addButton(beer: Beer, look: 'loud' | 'plain'): TemplateResult {
  return html`
    <button
      class=${look}
      data-tap-event="beer_selection"
      data-tap-beer=${beer.slug}
      data-tap-price=${beer.priceCents / 100}
      aria-label="Add to crate: ${beer.name}"
      @click=${() => putInCrate(beer.slug, 1)}
    >
      Add to crate
    </button>
  `;
}
