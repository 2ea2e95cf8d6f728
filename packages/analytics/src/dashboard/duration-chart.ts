import { axisX, axisY, barY, gridY, ruleY } from '@observablehq/plot';
import { html, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';
import { ChartElement } from './chart-element.ts';
import type { Picture } from './picture.ts';
import { plotSvg } from './plot-svg.ts';

/** Upper edges of the bars, seconds, exclusive; the last bar has none. */
const edges = [1, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14_400];
const labels = [
  '0',
  '1–5',
  '5–10',
  '10–20',
  '20–30',
  '30–60',
  '1–2 m',
  '2–5 m',
  '5–10 m',
  '10–30 m',
  '30–60 m',
  '1–4 h',
  '4 h +',
];

/** `<taphouse-by-duration>`: how many sessions lasted how long. Property: `counts`, by whole seconds. */
export class ByDurationChart extends ChartElement {
  static override properties = { ...ChartElement.properties, counts: { attribute: false } };

  declare counts: Picture['byDuration'];

  constructor() {
    super();
    this.counts = [];
  }

  override render(): TemplateResult {
    const bars = durationBars(this.counts);
    const most = Math.max(1, ...bars.map((bar) => bar.sessions));
    return html`${plotSvg({
      width: this.width,
      height: 260,
      marginLeft: 44,
      marginRight: 8,
      marginTop: 16,
      marginBottom: 34,
      ariaLabel: 'Sessions by duration',
      x: { domain: bars.map((bar) => bar.label), label: null, padding: 0.18 },
      y: { domain: [0, most], nice: true, label: null },
      marks: [
        gridY({ stroke: 'var(--tap-line)', strokeOpacity: 1, ticks: Math.min(4, most) }),
        axisX({ color: 'var(--tap-muted)', tickSize: 0, fontSize: 12 }),
        axisY({
          color: 'var(--tap-muted)',
          tickSize: 0,
          fontSize: 12,
          ticks: Math.min(4, most),
          tickFormat: formatCount,
        }),
        barY(bars, { x: 'label', y: 'sessions', fill: 'var(--tap-amber)', rx: 2 }),
        ruleY([0], { stroke: 'var(--tap-line-strong)' }),
      ],
    })}`;
  }
}

/** Bars of the fixed edges, without the empty ones past the longest session. */
export function durationBars(counts: Picture['byDuration']): { label: string; sessions: number }[] {
  const bars = labels.map((label) => ({ label, sessions: 0 }));
  let last = 5;
  for (const { duration_sec, sessions } of counts) {
    const found = edges.findIndex((edge) => duration_sec < edge);
    const index = found < 0 ? edges.length : found;
    const bar = bars[index];
    if (bar) bar.sessions += sessions;
    last = Math.max(last, index);
  }
  return bars.slice(0, last + 1);
}
