import { html, type TemplateResult } from 'lit';

import { type Beer, beers, price } from '../beers.ts';
import { bottle } from '../bottle.ts';
import { addButton } from './add-button.ts';
import type { Page } from './page.ts';

const orders = {
  name: { text: 'By name', compare: (a: Beer, b: Beer) => a.name.localeCompare(b.name) },
  strength: { text: 'Mild first', compare: (a: Beer, b: Beer) => a.abv - b.abv },
  bitterness: { text: 'Bitter first', compare: (a: Beer, b: Beer) => b.ibu - a.ibu },
  price: { text: 'Cheap first', compare: (a: Beer, b: Beer) => a.priceCents - b.priceCents },
};

type Order = keyof typeof orders;

/** The price list. `/beers?order=strength` */
export function productsPage(url: URL): Page {
  const wanted = url.searchParams.get('order') ?? '';
  const order: Order = Object.hasOwn(orders, wanted) ? (wanted as Order) : 'name';
  return {
    title: 'All beers',
    body: html`
      <h1 tabindex="-1">All beers</h1>
      <nav class="tabs" aria-label="Order">
        ${(Object.keys(orders) as Order[]).map((name) => orderLink(name, order))}
      </nav>
      <ul class="list">
        ${beers.toSorted(orders[order].compare).map(card)}
      </ul>
    `,
  };
}

function orderLink(order: Order, current: Order): TemplateResult {
  return html`<a
    href="/beers?order=${order}"
    aria-current=${order === current ? 'page' : 'false'}
    data-tap-event="beer_products"
    data-tap-order=${order}
    >${orders[order].text}</a
  >`;
}

function card(beer: Beer): TemplateResult {
  return html`
    <li class="card">
      <a href="/beers/${beer.slug}" data-tap-event="beer_product_detail" data-tap-beer=${beer.slug}>
        ${bottle(beer)}
        <h2>${beer.name}</h2>
        <p class="quiet">${beer.style} · ${beer.abv.toFixed(1)} %</p>
      </a>
      <p>${beer.about}</p>
      <p class="buy"><span class="price">${price(beer.priceCents)}</span> ${addButton(beer, 'plain')}</p>
    </li>
  `;
}
