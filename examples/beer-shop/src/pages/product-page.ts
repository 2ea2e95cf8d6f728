import { html } from 'lit';

import { type Beer, price } from '../beers.ts';
import { bottle } from '../bottle.ts';
import { crateCount } from '../crate.ts';
import { glass } from '../glass.ts';
import { addButton } from './add-button.ts';
import type { Page } from './page.ts';

/** One beer. `/beers/hedgerow` */
export function productPage(beer: Beer): Page {
  return {
    title: beer.name,
    body: html`
      <article class="product">
        <div class="stage">${bottle(beer)} ${glass(beer)}</div>
        <div>
          <p class="quiet"><a href="/beers" data-tap-event="beer_products">All beers</a> / ${beer.style}</p>
          <h1 tabindex="-1">${beer.name}</h1>
          <p class="about">${beer.about}</p>
          <dl class="facts">
            <div>
              <dt>Alcohol</dt>
              <dd>${beer.abv.toFixed(1)} %</dd>
            </div>
            <div>
              <dt>Bitterness</dt>
              <dd>${beer.ibu} IBU</dd>
            </div>
            <div>
              <dt>Serve at</dt>
              <dd>${beer.serveC} °C</dd>
            </div>
            <div>
              <dt>Glass</dt>
              <dd>${beer.look.glass}</dd>
            </div>
          </dl>
          <p class="buy">
            <span class="price">${price(beer.priceCents)}</span>
            ${addButton(beer, 'loud')}
          </p>
          ${
            crateCount() > 0
              ? html`<p>
                  <a href="/selection" data-tap-event="beer_selection" data-tap-beer=${beer.slug}>
                    Look into your crate (${crateCount()})
                  </a>
                </p>`
              : ''
          }
        </div>
      </article>
    `,
  };
}
