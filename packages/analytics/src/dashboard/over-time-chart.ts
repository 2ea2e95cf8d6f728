import { areaY, axisX, axisY, gridY, lineY, rectY, ruleY } from '@observablehq/plot';
import { html, type TemplateResult } from 'lit';

import { formatCount, formatTime } from '../format.ts';
import type { Picture } from '../model/tally.ts';
import { ChartElement } from './chart-element.ts';
import { marksAsButtons } from './mark-keys.ts';
import { plotSvg } from './plot-svg.ts';
import { ZoomEvent } from './select-event.ts';

/**
 * `<taphouse-over-time>`: sessions a bucket as bars. Choosing a bar sends `tap-zoom` with its times.
 * Properties: `points` and `bucketMs` of a Picture; `earlier`, the same of a time before, shifted onto this one.
 */
export class OverTimeChart extends ChartElement {
  static override properties = {
    ...ChartElement.properties,
    points: { attribute: false },
    earlier: { attribute: false },
    bucketMs: { type: Number },
  };

  declare points: Picture['overTime'];
  declare earlier: Picture['overTime'];
  declare bucketMs: number;

  constructor() {
    super();
    this.points = [];
    this.earlier = [];
    this.bucketMs = 60_000;
  }

  override render(): TemplateResult {
    const bars = this.points.map((point) => ({ ...point, until: this.#endOf(point) }));
    const middle = (point: { bucket: Date }): number => point.bucket.getTime() + this.bucketMs / 2;
    const most = Math.max(1, ...[...bars, ...this.earlier].map((bar) => bar.sessions));
    const drawn = plotSvg({
      width: this.width,
      height: 240,
      marginLeft: 44,
      marginRight: 8,
      marginTop: 14,
      marginBottom: 34,
      x: { type: 'utc', label: null },
      y: { domain: [0, most], nice: true, label: null },
      marks: [
        gridY({ stroke: 'var(--tap-line)', strokeOpacity: 1, ticks: Math.min(4, most) }),
        axisX({
          color: 'var(--tap-muted)',
          tickSize: 0,
          fontSize: 12,
          ticks: Math.max(2, Math.floor(this.width / 110)),
          tickFormat: timeTicks(),
        }),
        axisY({
          color: 'var(--tap-muted)',
          tickSize: 0,
          fontSize: 12,
          ticks: Math.min(4, most),
          tickFormat: formatCount,
        }),
        rectY(bars, { x1: 'bucket', x2: 'until', y: 'sessions', fill: 'var(--tap-amber)', inset: 0.5, rx: 2 }),
        areaY(this.earlier, { x: middle, y: 'sessions', fill: 'var(--tap-text)', fillOpacity: 0.06, curve: 'step' }),
        lineY(this.earlier, {
          x: middle,
          y: 'sessions',
          stroke: 'var(--tap-text)',
          strokeOpacity: 0.55,
          strokeDasharray: '3 3',
          curve: 'step',
        }),
        ruleY([0], { stroke: 'var(--tap-line-strong)' }),
      ],
    });
    this.#makeButtons(drawn, bars);
    return html`${drawn}`;
  }

  #endOf(point: { bucket: Date }): Date {
    return new Date(point.bucket.getTime() + this.bucketMs);
  }

  #makeButtons(drawn: Element, bars: readonly { bucket: Date; until: Date; sessions: number; events: number }[]): void {
    drawn.setAttribute('role', 'group');
    drawn.setAttribute('aria-label', 'Sessions over time');
    const marks = [...drawn.querySelectorAll('g[data-marks="rect"] > *')];
    marksAsButtons(marks, (index) => {
      const bar = bars[index]!;
      const label = `${formatTime(bar.bucket)}: ${formatCount(bar.sessions)} sessions, ${formatCount(bar.events)} events`;
      const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
      title.textContent = label;
      marks[index]?.append(title);
      const choose = (): void => {
        this.dispatchEvent(new ZoomEvent({ fromAt: bar.bucket.getTime(), toAt: bar.until.getTime() }));
      };
      return { label, choose };
    });
  }
}

/** Hours by the clock of 24, and the day beneath the first tick of each. */
function timeTicks(): (at: Date) => string {
  let day = '';
  return (at) => {
    const iso = at.toISOString();
    const clock = iso.slice(11, at.getUTCSeconds() > 0 ? 19 : 16);
    const date = `${at.getUTCDate()} ${at.toLocaleString('en-GB', { month: 'short', timeZone: 'UTC' })}`;
    const fresh = iso.slice(0, 10) !== day;
    day = iso.slice(0, 10);
    if (clock === '00:00' || !fresh) return fresh ? date : clock;
    return `${clock}\n${date}`;
  };
}
