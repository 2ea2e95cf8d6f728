import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';
import { nameParts } from './name-parts.ts';
import { theme } from './theme.ts';

export interface FunnelStep {
  step: number;
  client_event: string;
  sessions: number;
}

const mostSteps = 6;

/** Asks for a funnel to be counted: `tap-funnel`, with its steps. */
export class FunnelEvent extends CustomEvent<string[]> {
  constructor(steps: string[]) {
    super('tap-funnel', { detail: steps, bubbles: true, composed: true });
  }
}

/**
 * `<taphouse-funnel>`: how many sessions take some steps in order. A change of the steps sends `tap-funnel`.
 * Properties: `steps`, names of events; `names` to choose from; `counts`, the answer to `queries.funnel`, null while counting.
 */
export class Funnel extends LitElement {
  static override properties = {
    steps: { attribute: false },
    names: { attribute: false },
    counts: { attribute: false },
  };
  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        gap: 8px;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 2px 10px;
        align-items: center;
      }
      .bar {
        grid-column: 1 / -1;
        display: block;
        width: 100%;
        height: 14px;
      }
      .bar .back {
        fill: var(--tap-hover);
      }
      .bar .part {
        fill: var(--tap-amber);
      }
      select {
        min-width: 0;
        max-width: 100%;
        padding: 4px 8px;
        border: 1px solid var(--tap-line);
        border-radius: 7px;
        background: var(--tap-surface);
      }
      .step {
        display: flex;
        gap: 6px;
        align-items: center;
        min-width: 0;
      }
      .count {
        font-variant-numeric: tabular-nums;
        font-weight: 600;
      }
      .count span {
        color: var(--tap-muted);
        font-weight: 400;
      }
      button {
        border: 0;
        background: none;
        color: var(--tap-muted);
        cursor: pointer;
        padding: 2px 8px;
        min-height: 24px;
        border-radius: 6px;
      }
      button:hover {
        color: var(--tap-text);
        background: var(--tap-hover);
      }
      .add {
        margin-top: 8px;
      }
    `,
  ];

  declare steps: readonly string[];
  declare names: readonly string[];
  declare counts: FunnelStep[] | null;

  constructor() {
    super();
    this.steps = [];
    this.names = [];
    this.counts = null;
  }

  protected override performUpdate(): void {
    super.performUpdate();
    nameParts(this.renderRoot);
  }

  override render(): TemplateResult {
    const all = this.counts?.[0]?.sessions ?? 0;
    return html`<ol>
        ${this.steps.map((step, index) => this.#step(step, index, all))}
      </ol>
      ${
        this.steps.length < mostSteps
          ? html`<div class="add">
              <select aria-label="Add a step" .value=${''} @change=${(event: Event) => this.#add(event)}>
                <option value="">${this.steps.length === 0 ? 'Choose the first step' : 'Then…'}</option>
                ${this.names.map((name) => html`<option .value=${name}>${name}</option>`)}
              </select>
            </div>`
          : nothing
      }`;
  }

  #step(step: string, index: number, all: number): TemplateResult {
    const sessions = this.counts?.[index]?.sessions;
    const share = sessions === undefined || all === 0 ? 0 : sessions / all;
    return html`<li>
      <span class="step">
        <span>${index + 1}.</span>
        <select aria-label="Step ${index + 1}" @change=${(event: Event) => this.#set(index, event)}>
          ${[...new Set([step, ...this.names])].map(
            (name) => html`<option .value=${name} ?selected=${name === step}>${name}</option>`,
          )}
        </select>
        <button type="button" aria-label="Take step ${index + 1} out" @click=${() => this.#take(index)}>✕</button>
      </span>
      <span class="count">
        ${sessions === undefined ? '…' : html`${formatCount(sessions)} <span>${Math.round(share * 100)} %</span>`}
      </span>
      <svg class="bar" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
        <rect class="back" width="100" height="14" rx="1"></rect>
        <rect class="part" width=${share * 100} height="14" rx="1"></rect>
      </svg>
    </li>`;
  }

  #set(index: number, event: Event): void {
    const name = (event.target as HTMLSelectElement).value;
    this.#send(this.steps.map((step, at) => (at === index ? name : step)));
  }

  #take(index: number): void {
    this.#send(this.steps.filter((_, at) => at !== index));
  }

  #add(event: Event): void {
    const select = event.target as HTMLSelectElement;
    if (select.value) this.#send([...this.steps, select.value]);
    select.value = '';
  }

  #send(steps: string[]): void {
    this.dispatchEvent(new FunnelEvent(steps));
  }
}
