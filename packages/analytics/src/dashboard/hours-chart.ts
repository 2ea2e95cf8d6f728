import { css, html, svg, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';
import type { Filters } from '../model/tally.ts';
import { ChartElement, shadeOf, shadeStyles } from './chart-element.ts';
import { marksAsButtons } from './mark-keys.ts';
import { SelectEvent } from './select-event.ts';

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const left = 40;
const top = 4;

/**
 * `<taphouse-hours>`: sessions by weekday and hour of their begin, UTC. Choosing a cell sends `tap-select` with it.
 * Properties: `hours` of a Picture; `chosen`, the hour filter.
 */
export class HoursChart extends ChartElement {
  static override properties = {
    ...ChartElement.properties,
    hours: { attribute: false },
    chosen: { attribute: false },
  };
  static override styles = [
    ...ChartElement.styles,
    shadeStyles,
    css`
      text {
        fill: var(--tap-muted);
      }
      .none {
        fill: var(--tap-hover);
        opacity: 0.6;
      }
      [aria-pressed='true'] {
        stroke: var(--tap-text);
        stroke-width: 2;
      }
    `,
  ];

  declare hours: number[];
  declare chosen: Filters['hour'] | null;

  constructor() {
    super();
    this.hours = [];
    this.chosen = null;
  }

  override render(): TemplateResult {
    const wide = (this.width - left) / 24;
    const high = Math.min(36, Math.max(22, wide));
    const most = Math.max(1, ...this.hours);
    const cells = this.hours.map((count, place) => {
      const { day, hour } = at(place);
      const shade = count === 0 ? 'none' : shadeOf(count, most);
      const label = `${days[(day + 6) % 7]} ${String(hour).padStart(2, '0')}:00: ${formatCount(count)} sessions`;
      return svg`<rect class="cell ${shade}" data-place=${place} data-label=${label} x=${left + hour * wide + 1}
        y=${top + ((day + 6) % 7) * high + 1} width=${Math.max(1, wide - 2)} height=${high - 2} rx="2"><title>${label}</title></rect>`;
    });
    return html`<svg
      width=${this.width}
      height=${top + 7 * high + 22}
      role="group"
      aria-label="Sessions by weekday and hour"
    >
      ${days.map((day, row) => svg`<text x="0" y=${top + (row + 0.5) * high} dy="0.35em">${day}</text>`)}
      ${[0, 6, 12, 18].map(
        (hour) =>
          svg`<text x=${left + hour * wide + 1} y=${top + 7 * high + 16}>${String(hour).padStart(2, '0')}:00</text>`,
      )}
      ${cells}
    </svg>`;
  }

  protected override updated(): void {
    const cells = [...this.renderRoot.querySelectorAll<SVGElement>('.cell')];
    const marks = cells.toSorted((a, b) => order(a) - order(b));
    marksAsButtons(marks, (index) => {
      const mark = marks[index]!;
      const hour = at(Number(mark.dataset.place));
      const pressed = this.chosen?.day === hour.day && this.chosen.hour === hour.hour;
      return { label: mark.dataset.label ?? '', pressed, choose: () => this.dispatchEvent(new SelectEvent({ hour })) };
    });
  }
}

/** Weekday (0 is Sunday) and hour of a place in `hours`. */
function at(place: number): { day: number; hour: number } {
  return { day: Math.floor(place / 24), hour: place % 24 };
}

/** From Monday on, as it is drawn. */
function order(cell: SVGElement): number {
  const { day, hour } = at(Number(cell.dataset.place));
  return ((day + 6) % 7) * 24 + hour;
}
