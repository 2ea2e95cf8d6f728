import { html, type TemplateResult } from 'lit';

import { type Beer, beers, price, type Shelf, shelves } from '../beers.ts';
import { bottle } from '../bottle.ts';
import { glass } from '../glass.ts';
import type { Page } from './page.ts';

/** The vitrine: bottles on boards, one shelf or all. `/?shelf=dark` */
export function shelfPage(url: URL): Page {
  const wanted = url.searchParams.get('shelf');
  const shelf = wanted && Object.hasOwn(shelves, wanted) ? (wanted as Shelf) : null;
  const onShelf = beers.filter((beer) => !shelf || beer.shelf === shelf);
  return {
    title: shelf ? shelves[shelf] : 'The shelf',
    body: html`
      <section class="welcome">
        <div>
          <h1 tabindex="-1">Twelve beers,<br />none of them in a hurry.</h1>
          <p>A small bottle shop at the end of Copper Lane. Take your time; the shelf is lit until late.</p>
        </div>
        <div class="toast" aria-hidden="true">${onShelf.slice(0, 3).map(glass)}</div>
      </section>
      <nav class="tabs" aria-label="Shelves">
        ${tab('All', null, shelf)} ${Object.entries(shelves).map(([name, text]) => tab(text, name as Shelf, shelf))}
      </nav>
      <ul class="shelf">
        ${onShelf.map(place)}
      </ul>
    `,
  };
}

function tab(text: string, shelf: Shelf | null, current: Shelf | null): TemplateResult {
  return html`<a
    href=${shelf ? `/?shelf=${shelf}` : '/'}
    aria-current=${shelf === current ? 'page' : 'false'}
    data-tap-event="beer_vitrine_nav"
    data-tap-shelf=${shelf ?? 'all'}
    >${text}</a
  >`;
}

function place(beer: Beer): TemplateResult {
  return html`
    <li>
      <a href="/beers/${beer.slug}" data-tap-event="beer_product_detail" data-tap-beer=${beer.slug}>
        ${bottle(beer)}
        <span class="tag"
          ><b>${beer.name}</b> <span>${beer.style}</span> <span class="price">${price(beer.priceCents)}</span></span
        >
      </a>
    </li>
  `;
}
