import { axisX, axisY, gridY, rectY, ruleY } from '@observablehq/plot';
import { html, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';
import { ChartElement } from './chart-element.ts';
import type { Picture } from './picture.ts';
import { plotSvg } from './plot-svg.ts';

/** `<taphouse-over-time>`: sessions a bucket as bars. Properties: `points`, `bucketMs`. */
export class OverTimeChart extends ChartElement {
  static override properties = { ...ChartElement.properties, points: { attribute: false }, bucketMs: { type: Number } };

  declare points: Picture['overTime'];
  declare bucketMs: number;

  constructor() {
    super();
    this.points = [];
    this.bucketMs = 60_000;
  }

  override render(): TemplateResult {
    const bars = this.points.map((point) => ({ ...point, until: new Date(point.at.getTime() + this.bucketMs) }));
    const most = Math.max(1, ...bars.map((bar) => bar.sessions));
    return html`${plotSvg({
      width: this.width,
      height: 240,
      marginLeft: 44,
      marginRight: 8,
      marginTop: 16,
      marginBottom: 28,
      ariaLabel: 'Sessions over time',
      x: { type: 'utc', label: null },
      y: { domain: [0, most], nice: true, label: null },
      marks: [
        gridY({ stroke: 'var(--tap-line)', strokeOpacity: 1, ticks: Math.min(4, most) }),
        axisX({
          color: 'var(--tap-muted)',
          tickSize: 0,
          fontSize: 12,
          ticks: Math.max(2, Math.floor(this.width / 90)),
        }),
        axisY({
          color: 'var(--tap-muted)',
          tickSize: 0,
          fontSize: 12,
          ticks: Math.min(4, most),
          tickFormat: formatCount,
        }),
        rectY(bars, {
          x1: 'at',
          x2: 'until',
          y: 'sessions',
          fill: 'var(--tap-amber)',
          insetLeft: 0.5,
          insetRight: 0.5,
          rx: 2,
        }),
        ruleY([0], { stroke: 'var(--tap-line-strong)' }),
      ],
    })}`;
  }
}
