import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';
import type { Picture } from '../model/tally.ts';
import { retentionWeeks } from '../model/week.ts';
import { nameParts } from './name-parts.ts';
import { theme } from './theme.ts';

/** `<taphouse-retention>`: of the visitors first seen in a week, how many came again. Property: `cells` of a Picture. */
export class RetentionTable extends LitElement {
  static override properties = { cells: { attribute: false } };
  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        border-collapse: separate;
        border-spacing: 2px;
        font-size: 12.5px;
        font-variant-numeric: tabular-nums;
      }
      th {
        font-weight: 500;
        color: var(--tap-muted);
        text-align: right;
        padding: 2px 6px;
        white-space: nowrap;
      }
      td {
        min-width: 46px;
        height: 26px;
        text-align: center;
        border-radius: 3px;
      }
      .s0 {
        background: var(--tap-shade-0);
        color: light-dark(#2b1a0d, #fdf3e0);
      }
      .s1 {
        background: var(--tap-shade-1);
        color: light-dark(#2b1a0d, #fdf3e0);
      }
      .s2 {
        background: var(--tap-shade-2);
        color: light-dark(#2b1a0d, #fdf3e0);
      }
      .s3 {
        background: var(--tap-shade-3);
        color: #1c1208;
      }
      .s4 {
        background: var(--tap-shade-4);
        color: light-dark(#fffaf0, #1c1208);
      }
    `,
  ];

  declare cells: Picture['retention'];

  constructor() {
    super();
    this.cells = [];
  }

  protected override performUpdate(): void {
    super.performUpdate();
    nameParts(this.renderRoot);
  }

  override render(): TemplateResult {
    const cohorts = [...new Set(this.cells.map((cell) => cell.cohort.getTime()))].toSorted((a, b) => a - b);
    const weeks = Math.min(retentionWeeks, 1 + Math.max(0, ...this.cells.map((cell) => cell.week)));
    const visitors = new Map(this.cells.map((cell) => [`${cell.cohort.getTime()} ${cell.week}`, cell.visitors]));
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Retention by week">
      <table>
        <thead>
          <tr>
            <th scope="col">First week</th>
            <th scope="col">Visitors</th>
            ${Array.from({ length: weeks }, (_, week) => html`<th scope="col">+${week}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${cohorts.map((cohort) => {
            const all = visitors.get(`${cohort} 0`) ?? 0;
            return html`<tr>
              <th scope="row">${new Date(cohort).toISOString().slice(0, 10)}</th>
              <th>${formatCount(all)}</th>
              ${Array.from({ length: weeks }, (_, week) => shareCell(visitors.get(`${cohort} ${week}`), all))}
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
  }
}

function shareCell(count: number | undefined, all: number): TemplateResult {
  if (count === undefined || all === 0) return html`<td>${nothing}</td>`;
  const share = count / all;
  return html`<td class="s${Math.min(4, Math.floor(share * 5))}" title="${formatCount(count)} visitors">
    ${Math.round(share * 100)} %
  </td>`;
}
