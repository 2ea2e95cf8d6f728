import { html, nothing, type TemplateResult } from 'lit';

import { type Question, textOf } from '../sql/question.ts';

/** The SQL of a number was chosen: `tap-sql`. The SQL page of the same host opens it, unless a listener prevents that. */
export class SqlEvent extends CustomEvent<{ sql: string }> {
  constructor(sql: string) {
    super('tap-sql', { detail: { sql }, bubbles: true, composed: true, cancelable: true });
  }
}

/** A link to the SQL behind a number; `of` says which, where its place does not. */
export function questionLink(question: Question, of?: string): TemplateResult {
  const sql = textOf(question);
  const offer = (event: Event): void => {
    if (!event.currentTarget?.dispatchEvent(new SqlEvent(sql))) event.preventDefault();
  };
  return html`<a
    class="sql"
    href="/sql/#sql=${encodeURIComponent(sql)}"
    aria-label=${of ? `${of}: SQL` : nothing}
    title="Open this question on the SQL page"
    @click=${offer}
    >SQL</a
  >`;
}
