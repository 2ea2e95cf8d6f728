import { axisX, axisY, gridY, rectY, ruleX, ruleY, text } from '@observablehq/plot';
import { html, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';
import type { Filters, Picture } from '../model/tally.ts';
import { ChartElement } from './chart-element.ts';
import { marksAsButtons } from './mark-keys.ts';
import { plotSvg } from './plot-svg.ts';
import { SelectEvent } from './select-event.ts';

/** Lower edges of the bars, seconds, inclusive; each ends where the next begins, the last has no end. */
const edges = [0, 1, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14_400];
const labels = ['<1', '1', '5', '10', '20', '30', '1m', '2m', '5m', '10m', '30m', '1h', '4h+'];
/** Shown even where empty. */
const fewestBars = 6;

export interface DurationBar {
  /** Whole seconds, inclusive. */
  from: number;
  /** Exclusive; null at the last. */
  to: number | null;
  sessions: number;
}

/**
 * `<taphouse-by-duration>`: how many sessions lasted how long. Choosing a bar sends `tap-select` with its seconds.
 * Properties: `counts`, by whole seconds, of a Picture; `chosen`, the duration filter; `alertSec`, below which a
 * session raises the alert, drawn as a line, 0 for none.
 */
export class ByDurationChart extends ChartElement {
  static override properties = {
    ...ChartElement.properties,
    counts: { attribute: false },
    chosen: { attribute: false },
    alertSec: { type: Number, attribute: 'alert-sec' },
  };

  declare counts: Picture['byDuration'];
  declare chosen: Filters['duration'] | null;
  declare alertSec: number;

  constructor() {
    super();
    this.counts = [];
    this.chosen = null;
    this.alertSec = 20;
  }

  override render(): TemplateResult {
    const bars = durationBars(this.counts).map((bar, index) => ({ ...bar, x1: index, x2: index + 1 }));
    const most = Math.max(1, ...bars.map((bar) => bar.sessions));
    const alert = edges.indexOf(this.alertSec);
    // Every second word where bars are narrow.
    const isNarrow = this.width / bars.length < 30;
    const ticks = bars.map((_, index) => index).filter((index) => !isNarrow || index % 2 === 0);
    const drawn = plotSvg({
      width: this.width,
      height: 260,
      marginLeft: 44,
      marginRight: 12,
      marginTop: 24,
      marginBottom: 30,
      x: { domain: [0, bars.length], label: null },
      y: { domain: [0, most], nice: true, label: null },
      marks: [
        gridY({ stroke: 'var(--tap-line)', strokeOpacity: 1, ticks: Math.min(4, most) }),
        axisX(ticks, {
          color: 'var(--tap-muted)',
          tickSize: 4,
          fontSize: 12,
          tickFormat: (n: number) => labels[n] ?? '',
        }),
        axisY({
          color: 'var(--tap-muted)',
          tickSize: 0,
          fontSize: 12,
          ticks: Math.min(4, most),
          tickFormat: formatCount,
        }),
        rectY(bars, {
          x1: 'x1',
          x2: 'x2',
          y: 'sessions',
          insetLeft: 2,
          insetRight: 2,
          rx: 2,
          fill: 'var(--tap-amber)',
          fillOpacity: (bar: DurationBar) => (this.#faded(bar) ? 0.3 : 1),
        }),
        ruleY([0], { stroke: 'var(--tap-line-strong)' }),
        ruleX(alert > 0 ? [alert] : [], { stroke: 'var(--tap-bad)', strokeDasharray: '4 3', strokeWidth: 1.5 }),
        text(alert > 0 ? [alert] : [], {
          x: (n: number) => n,
          frameAnchor: 'top',
          dy: -14,
          dx: 4,
          textAnchor: 'start',
          fill: 'var(--tap-bad)',
          fontSize: 12,
          text: () => `alert below ${this.alertSec} s`,
        }),
      ],
    });
    this.#makeButtons(drawn, bars);
    return html`${drawn}`;
  }

  #faded(bar: DurationBar): boolean {
    return (
      this.chosen != null && !(bar.from >= this.chosen.from && (bar.to ?? Infinity) <= (this.chosen.to ?? Infinity))
    );
  }

  #makeButtons(drawn: Element, bars: readonly DurationBar[]): void {
    drawn.setAttribute('role', 'group');
    drawn.setAttribute('aria-label', 'Sessions by duration');
    const marks = [...drawn.querySelectorAll('g[data-marks="rect"] > *')];
    // Plot leaves out nothing: an empty bar is a mark of no height, which a key still reaches.
    marksAsButtons(marks, (index) => {
      const bar = bars[index]!;
      const label = `${barName(bar)}: ${formatCount(bar.sessions)} sessions`;
      const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
      title.textContent = label;
      marks[index]?.append(title);
      const choose = (): void => {
        this.dispatchEvent(new SelectEvent({ duration: { from: bar.from, to: bar.to } }));
      };
      return { label, pressed: this.chosen != null && !this.#faded(bar), choose };
    });
  }
}

/** "10 to 20 s", "30 min and more". */
export function barName({ from, to }: { from: number; to: number | null }): string {
  if (to === null) return `${edgeName(from)} and more`;
  return from === 0 && to === 1 ? 'under 1 s' : `${edgeName(from)} to ${edgeName(to)}`;
}

function edgeName(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}

/** Sessions in bars of the fixed edges, without the empty ones past the longest. */
export function durationBars(counts: Picture['byDuration']): DurationBar[] {
  const bars = edges.map((from, index) => ({ from, to: edges[index + 1] ?? null, sessions: 0 }));
  let last = fewestBars - 1;
  for (const { duration_sec, sessions } of counts) {
    const index = edges.findLastIndex((edge) => duration_sec >= edge);
    bars[index]!.sessions += sessions;
    last = Math.max(last, index);
  }
  return bars.slice(0, last + 1);
}
