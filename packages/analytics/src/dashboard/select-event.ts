import type { Filters } from '../model/tally.ts';

/** What a chart sends when a mark is chosen: `tap-select`, which bubbles out of shadow roots. */
export class SelectEvent extends CustomEvent<Filters> {
  constructor(filters: Filters) {
    super('tap-select', { detail: filters, bubbles: true, composed: true });
  }
}

/** What the bars over time send: `tap-zoom`, with the times of the bar. */
export class ZoomEvent extends CustomEvent<{ fromAt: number; toAt: number }> {
  constructor(range: { fromAt: number; toAt: number }) {
    super('tap-zoom', { detail: range, bubbles: true, composed: true });
  }
}
