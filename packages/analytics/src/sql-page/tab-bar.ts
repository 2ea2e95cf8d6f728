import { html, nothing, type TemplateResult } from 'lit';

import type { SqlTab } from './kept.ts';
import { titleOf } from './statements.ts';

export interface TabActions {
  /** Id of the tab one sees. */
  active: string;
  /** Id of the tab whose statement runs. */
  running: string | null;
  open: (id: string) => void;
  close: (id: string) => void;
  add: () => void;
}

/** The queries at hand, each a tab. */
export function tabBar(tabs: readonly SqlTab[], actions: TabActions): TemplateResult {
  return html`<nav class="tabs" aria-label="Queries">
    <ul>
      ${tabs.map((tab) => oneTab(tab, actions))}
    </ul>
    <button class="quiet add" type="button" aria-label="New query" title="New query" @click=${actions.add}>+</button>
  </nav>`;
}

function oneTab({ id, name, sql }: SqlTab, { active, running, open, close }: TabActions): TemplateResult {
  const shown = name ?? (titleOf(sql, 28) || 'Untitled');
  const now = id === active;
  return html`<li class=${now ? 'now' : ''}>
    <button
      class="tab"
      type="button"
      aria-current=${now ? 'true' : nothing}
      title=${titleOf(sql, 200)}
      @click=${() => open(id)}
    >
      ${shown}${running === id ? ' …' : ''}
    </button>
    <button class="quiet" type="button" aria-label="Close ${shown}" @click=${() => close(id)}>×</button>
  </li>`;
}
