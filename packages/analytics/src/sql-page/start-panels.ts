import { html, nothing, type TemplateResult } from 'lit';

import { formatBytes } from './athena-cost.ts';
import { type Example, exampleGroups } from './examples.ts';

/** While DuckDB comes in; `total` is 0 where it is not known. */
export function startingPanel({ loaded, total }: { loaded: number; total: number }): TemplateResult {
  return html`<div class="panel busy" aria-busy="true">
    <div>
      <h2>Pouring the database</h2>
      <p>DuckDB runs in this page. Write your query meanwhile.</p>
      ${
        total
          ? html`<progress max=${total} value=${loaded} aria-label="DuckDB"></progress>
              <p>${formatBytes(loaded)} of ${formatBytes(total)}</p>`
          : html`<progress aria-label="DuckDB"></progress>`
      }
    </div>
  </div>`;
}

/** @param back from files to the lake; null where it was the lake that did not open */
export function failedPanel(
  fault: string,
  { again, back }: { again: () => void; back: (() => void) | null },
): TemplateResult {
  return html`<div class="panel" role="alert">
    <h2>${back ? 'These files did not open' : 'The lake did not open'}</h2>
    <p><code>${fault}</code></p>
    <div class="actions">
      <button class="run" type="button" @click=${again}>Try again</button>
      ${back ? html`<button class="small" type="button" @click=${back}>Back to the lake</button>` : nothing}
    </div>
  </div>`;
}

/** Where nothing was run yet: examples, or what to do where the lake has no table. */
export function welcomePanel(empty: boolean, open: (example: Example) => void): TemplateResult {
  const starters = exampleGroups.flatMap(({ examples }) => examples.slice(0, 4)).slice(0, 6);
  return html`<div class="panel">
    <h2>${empty ? 'No session yet' : 'Ask the lake'}</h2>
    <p>
      ${
        empty
          ? html`The lake has no table yet. <a href="/">Buy a beer</a>, and a few seconds later ask for it here; each
              run reads the lake anew.`
          : 'Run what is in the editor, or begin with one of these. Queries run in this page, on the files of the lake, and change nothing there.'
      }
    </p>
    <div class="cards">
      ${starters.map(
        (example) =>
          html`<button class="card" type="button" @click=${() => open(example)}>
            <b>${example.name}</b><span>${example.about}</span>
          </button>`,
      )}
    </div>
  </div>`;
}
