import { html, type TemplateResult } from 'lit';

import { modifier } from './run-bar.ts';

/** Asks for the name of a query. */
export function saveDialog(
  name: string,
  { save, close }: { save: (name: string) => void; close: () => void },
): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    const typed = new FormData(event.currentTarget as HTMLFormElement).get('name');
    if (typeof typed === 'string' && typed.trim()) save(typed.trim());
  };
  return html`<dialog aria-label="Save the query" @close=${close}>
    <form method="dialog" @submit=${submit}>
      <h2>Save the query</h2>
      <input name="name" aria-label="Name" required maxlength="120" autocomplete="off" .value=${name} />
      <div class="actions">
        <button class="small" type="button" @click=${(event: Event) => dialogOf(event)?.close()}>Cancel</button>
        <button class="run" type="submit">Save</button>
      </div>
    </form>
  </dialog>`;
}

function dialogOf(event: Event): HTMLDialogElement | null {
  return (event.currentTarget as HTMLElement).closest('dialog');
}

const keys: [string, string][] = [
  [`${modifier} Enter`, 'run the selection, or else everything'],
  [`${modifier} Shift Enter`, 'run the statement at the caret'],
  ['Ctrl Space', 'complete a table, column or function; Tab takes it'],
  [`${modifier} S`, 'save the query by name'],
  [`${modifier} F`, 'find and replace in the editor'],
  [`${modifier} /`, 'comment out, or in again'],
  ['Tab', 'leave the editor'],
  ['Arrows, Shift', 'in the table: move, and choose cells'],
  [`${modifier} C`, 'in the table: copy the chosen cells'],
  ['Enter', 'in the table: open a cell, or sort by a head'],
  ['Alt ← →', 'in the table: column narrower, wider'],
];

/** Which keys do what. */
export function keysDialog(close: () => void): TemplateResult {
  return html`<dialog aria-label="Keys" @close=${close}>
    <h2>Keys</h2>
    <dl class="keys">
      ${keys.map(
        ([key, does]) =>
          html`<div>
            <dt>${key}</dt>
            <dd>${does}</dd>
          </div>`,
      )}
    </dl>
    <form method="dialog" class="actions"><button class="small">Close</button></form>
  </dialog>`;
}
