import { html } from 'lit';

import { beers } from '../beers.ts';
import { glass } from '../glass.ts';
import { yourSession } from '../your-events.ts';
import type { Page } from './page.ts';

/** The end of a visit: the order is placed. `/checkout` */
export function checkoutPage(): Page {
  return {
    title: 'Cheers',
    body: html`
      <section class="cheers">
        <div class="toast" aria-hidden="true">${beers.slice(4, 7).map(glass)}</div>
        <h1 tabindex="-1">Cheers!</h1>
        <p>Your crate is packed. It is a demo, so no beer will come and nothing was paid.</p>
        <p>
          Something real did happen: each of your clicks was stored, and half a minute after the first one they become a
          row of the table of sessions.
        </p>
        <p class="next">
          <a class="button loud" href=${yourSession()}>See your session</a>
          <a class="button plain" href="/" data-tap-event="beer_vitrine_nav" data-tap-shelf="all">Another round</a>
        </p>
      </section>
    `,
  };
}
