import { html, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';

/** A row that can be chosen: its name, its count as a bar, and words beside it. */
export interface CountRow {
  name: string;
  count: number;
  beside: string;
}

/** Names with their counts as bars, each a button that chooses it. */
export function countBars(
  rows: readonly CountRow[],
  { chosen, choose }: { chosen: string | undefined; choose: (name: string) => void },
): TemplateResult {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return html`<ol class="bars">
    ${rows.map(
      ({ name, count, beside }) =>
        html`<li class=${chosen === undefined || chosen === name ? '' : 'faded'}>
          <button
            class="link cut"
            type="button"
            title=${name}
            aria-pressed=${String(chosen === name)}
            @click=${() => choose(name)}
          >
            ${name}
          </button>
          <span class="right">${formatCount(count)}</span>
          <span class="right muted">${beside}</span>
          <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width=${(count / most) * 100} height="6" rx="1"></rect>
          </svg>
        </li>`,
    )}
  </ol>`;
}
