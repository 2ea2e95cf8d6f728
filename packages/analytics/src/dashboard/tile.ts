import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

import { csvOf } from '../export/csv.ts';
import { saveFile } from '../export/save-file.ts';
import { formatCount, formatTime } from '../format.ts';
import type { Question } from '../sql/question.ts';
import { questionLink } from './question-link.ts';
import { theme } from './theme.ts';

/** Most rows of the table behind a chart; CSV has all. */
const mostRows = 200;

/** Asks whoever holds the connection for a Parquet file: `tap-parquet`. */
export class ParquetEvent extends CustomEvent<{ name: string; question: Question }> {
  constructor(detail: { name: string; question: Question }) {
    super('tap-parquet', { detail, bubbles: true, composed: true });
  }
}

/**
 * `<taphouse-tile>`: the frame of a chart: its name, what it shows, the table behind it, its SQL and its files.
 * Properties: `heading`, `about`; `rows`, the objects behind the chart; `question`, which gives them in SQL.
 * The chart itself is slotted.
 */
export class TaphouseTile extends LitElement {
  static override properties = {
    heading: { type: String },
    about: { type: String },
    rows: { attribute: false },
    question: { attribute: false },
    showsTable: { state: true },
  };
  static override styles = [
    theme,
    css`
      :host {
        display: block;
        min-width: 0;
        background: var(--tap-surface);
        border: 1px solid var(--tap-line);
        border-radius: 12px;
        padding: 15px 18px 14px;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 8px;
      }
      h2 {
        margin: 0;
        font: 600 18px/1.25 var(--tap-serif);
        min-width: 0;
      }
      p {
        margin: 2px 0 12px;
        color: var(--tap-muted);
        font-size: 13.5px;
      }
      .tools {
        margin-left: auto;
        display: flex;
        gap: 2px;
      }
      .tools button,
      .tools a {
        border: 0;
        background: none;
        padding: 3px 7px;
        min-height: 24px;
        border-radius: 6px;
        font-size: 12.5px;
        line-height: 18px;
        color: var(--tap-muted);
        text-decoration: none;
        cursor: pointer;
        white-space: nowrap;
      }
      .tools button:hover,
      .tools a:hover,
      .tools button[aria-pressed='true'] {
        color: var(--tap-text);
        background: var(--tap-hover);
      }
      .scroll {
        max-height: 300px;
        overflow: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      th {
        position: sticky;
        top: 0;
        background: var(--tap-surface);
        text-align: left;
        font-weight: 600;
        color: var(--tap-muted);
        padding: 4px 12px 4px 0;
        white-space: nowrap;
      }
      td {
        padding: 4px 12px 4px 0;
        border-top: 1px solid var(--tap-line);
        max-width: 260px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .right {
        text-align: right;
      }
      @media (max-width: 560px) {
        .tools {
          margin-left: -7px;
          order: 2;
        }
        h2 {
          flex-basis: 100%;
        }
        :host {
          padding: 13px 14px 12px;
        }
      }
    `,
  ];

  declare heading: string;
  declare about: string;
  declare rows: readonly object[];
  declare question: Question | null;
  declare showsTable: boolean;

  constructor() {
    super();
    this.heading = '';
    this.about = '';
    this.rows = [];
    this.question = null;
    this.showsTable = false;
  }

  override render(): TemplateResult {
    return html`<section aria-labelledby="heading">
      <div class="head">
        <h2 id="heading">${this.heading}</h2>
        ${this.#tools()}
      </div>
      <p>${this.about}</p>
      ${this.showsTable ? this.#table() : html`<slot></slot>`}
    </section>`;
  }

  #tools(): TemplateResult {
    const { question } = this;
    return html`<div class="tools" role="group" aria-label="${this.heading}: table, SQL and files">
      <button
        type="button"
        aria-pressed=${String(this.showsTable)}
        @click=${() => (this.showsTable = !this.showsTable)}
      >
        Table
      </button>
      ${question ? questionLink(question) : nothing}
      <button type="button" @click=${() => this.#saveCsv()}>CSV</button>
      ${
        question
          ? html`<button
              type="button"
              @click=${() => this.dispatchEvent(new ParquetEvent({ name: this.#fileName(), question }))}
            >
              Parquet
            </button>`
          : nothing
      }
    </div>`;
  }

  #fileName(): string {
    return this.heading.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  }

  #saveCsv(): void {
    saveFile(`${this.#fileName()}.csv`, 'text/csv', csvOf(this.rows));
  }

  #table(): TemplateResult {
    const columns = Object.entries(this.rows[0] ?? {}).map(([name, value]) => ({
      name,
      right: typeof value === 'number',
    }));
    const hidden = this.rows.length - mostRows;
    return html`<div class="scroll" tabindex="0" role="region" aria-label="${this.heading}, table">
      <table>
        <thead>
          <tr>
            ${columns.map(({ name, right }) => html`<th class=${right ? 'right' : ''} scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${this.rows.slice(0, mostRows).map(
            (row) =>
              html`<tr>
                ${columns.map(
                  ({ name, right }) =>
                    html`<td class=${right ? 'right' : ''}>${cell((row as Record<string, unknown>)[name])}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
      ${hidden > 0 ? html`<p>${formatCount(hidden)} more rows in the CSV</p>` : nothing}
      ${this.rows.length === 0 ? html`<p>No row</p>` : nothing}
    </div>`;
  }
}

function cell(value: unknown): string {
  if (value instanceof Date) return formatTime(value);
  if (typeof value === 'number') return value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '–' : JSON.stringify(value);
}
