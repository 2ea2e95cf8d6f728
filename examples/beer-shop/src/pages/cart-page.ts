import { html, type TemplateResult } from 'lit';

import { price } from '../beers.ts';
import { crateCents, crateCount, type Line, crateLines, depositCents } from '../crate.ts';
import type { Page } from './page.ts';
import { crateOf, emptySelection } from './selection-page.ts';

/** The bill. `/cart` */
export function cartPage(): Page {
  return { title: 'Cart', body: crateCount() === 0 ? emptySelection() : bill(crateLines()) };
}

function bill(lines: Line[]): TemplateResult {
  return html`
    <h1 tabindex="-1">Cart</h1>
    <div class="bill">
      <div class="receipt">
        <table>
          <caption>
            Copper Lane
          </caption>
          <thead>
            <tr>
              <th scope="col">Beer</th>
              <th scope="col">Bottles</th>
              <th scope="col">Price</th>
            </tr>
          </thead>
          <tbody>
            ${lines.map(lineOf)}
            <tr>
              <th scope="row">Deposit</th>
              <td>${crateCount()}</td>
              <td>${price(crateCount() * depositCents)}</td>
            </tr>
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colspan="2">Total</th>
              <td>${price(crateCents())}</td>
            </tr>
          </tfoot>
        </table>
        <p class="next">
          <a
            class="button loud"
            href="/checkout"
            data-tap-event="beer_checkout"
            data-tap-bottles=${crateCount()}
            data-tap-total=${crateCents() / 100}
            >Check out</a
          >
          <a class="button plain" href="/selection" data-tap-event="beer_selection">Change the crate</a>
        </p>
      </div>
      ${crateOf(lines)}
    </div>
  `;
}

function lineOf({ beer, count }: Line): TemplateResult {
  return html`<tr>
    <th scope="row">${beer.name}</th>
    <td>${count}</td>
    <td>${price(count * beer.priceCents)}</td>
  </tr>`;
}
