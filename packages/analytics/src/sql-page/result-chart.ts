import {
  axisX,
  axisY,
  barX,
  barY,
  dot,
  gridX,
  gridY,
  lineY,
  type Markish,
  type PlotOptions,
  rectY,
  ruleX,
  ruleY,
} from '@observablehq/plot';
import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import { css, html, nothing, svg, type TemplateResult } from 'lit';

import { ChartElement } from '../dashboard/chart-element.ts';
import { plotSvg } from '../dashboard/plot-svg.ts';
import { formatCount } from '../format.ts';
import type { ChartChoice } from './chart-choice.ts';
import { across, barMs, type ChartPoint, chartPoints, seriesOf, textOf } from './chart-points.ts';
import type { ChartValue, QueryResult } from './query-result.ts';

/** Rows drawn; more would be more marks than pixels. */
const mostPoints = 5000;
/** Bars with names; more are left out, and said to be. */
const mostNames = 40;
const mostTiles = 60;
const highest = 440;
const lowest = 230;
/** What the choice of columns over the chart takes. */
const pickerHeight = 96;
const shades = 5;

/**
 * `<taphouse-result-chart>`: a result as Observable Plot draws it. Properties `result`, `choice`. The table of the
 * same rows is the result's other view.
 */
export class ResultChart extends ChartElement {
  static override properties = {
    ...ChartElement.properties,
    result: { attribute: false },
    choice: { attribute: false },
    rows: { state: true },
  };
  static override styles = [
    ...ChartElement.styles,
    css`
      :host {
        --tap-series-0: light-dark(#c9771a, #e69a26);
        --tap-series-1: light-dark(#2f6f8f, #7fbfe0);
        --tap-series-2: light-dark(#4f7d3a, #9ccf8a);
        --tap-series-3: light-dark(#8a4a7a, #d7a3cf);
        --tap-series-4: light-dark(#a3301c, #f08a70);
        --tap-series-5: light-dark(#8b7a1d, #d9cb5e);
        --tap-series-6: light-dark(#4a5aa8, #a5b2f2);
        --tap-series-7: light-dark(#7d6b58, #b8a58e);
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
        margin: 0 0 10px;
        padding: 0;
        list-style: none;
        font-size: 13px;
      }
      li {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        max-width: 100%;
        overflow-wrap: anywhere;
      }
      li svg {
        flex: none;
      }
      p {
        margin: 8px 0 0;
        color: var(--tap-muted);
        font-size: 13px;
      }
      rect.s0 {
        fill: var(--tap-shade-0);
      }
      rect.s1 {
        fill: var(--tap-shade-1);
      }
      rect.s2 {
        fill: var(--tap-shade-2);
      }
      rect.s3 {
        fill: var(--tap-shade-3);
      }
      rect.s4 {
        fill: var(--tap-shade-4);
      }
      text.s0,
      text.s1,
      text.s2 {
        fill: light-dark(#2b1a0d, #fdf3e0);
      }
      text.s3,
      text.s4 {
        fill: light-dark(#fffaf0, #1c1208);
      }
      text {
        pointer-events: none;
      }
    `,
  ];

  declare result: QueryResult | null;
  declare choice: ChartChoice | null;
  declare rows: ChartValue[][] | null;
  #asked: { result: QueryResult | null; choice: ChartChoice | null } | null = null;

  constructor() {
    super();
    this.result = null;
    this.choice = null;
    this.rows = null;
  }

  protected override willUpdate(): void {
    // Not by what has changed: a change before the width is known never comes here.
    if (this.#asked?.result === this.result && this.#asked.choice === this.choice) return;
    this.#asked = { result: this.result, choice: this.choice };
    void this.#fetch();
  }

  /** As high as there is room under the choice of columns. */
  get #height(): number {
    return Math.max(lowest, Math.min(highest, (this.parentElement?.clientHeight ?? highest) - pickerHeight));
  }

  async #fetch(): Promise<void> {
    const { result, choice } = this;
    this.rows = null;
    if (!result || !choice) return;
    const columns = [choice.x, choice.y, ...(choice.colour === null ? [] : [choice.colour])];
    try {
      const rows = await result.values(columns, mostPoints);
      if (result === this.result && choice === this.choice) this.rows = rows;
    } catch (error) {
      this.dispatchEvent(new CustomEvent('fault', { detail: error }));
    }
  }

  override render(): TemplateResult {
    const { result, choice, rows } = this;
    if (!result || !choice || !rows) return html``;
    if (choice.kind === 'treemap') return this.#treemap(rows);
    const points = chartPoints(rows, { series: choice.colour !== null });
    if (points.length === 0) return html`<p>No number to draw in this column</p>`;
    const series = seriesOf(points);
    const names = across(points);
    const cut = isNamed(points, choice) && names.length > mostNames;
    const shown = cut ? points.filter(namesAmong(names.slice(0, mostNames))) : points;
    return html`${legend(series)}
    ${plotSvg(chartOptions(shown, { series, choice, width: this.width, height: this.#height }))}
    ${cut ? html`<p>The first ${mostNames} of ${formatCount(names.length)} are drawn</p>` : nothing}
    ${result.rowCount > mostPoints ? html`<p>The first ${formatCount(mostPoints)} of ${formatCount(result.rowCount)} rows are drawn</p>` : nothing}`;
  }

  #treemap(rows: readonly (readonly ChartValue[])[]): TemplateResult {
    const height = this.#height;
    const tiles = rows.flatMap(([name = null, size, shade]) =>
      typeof size === 'number' && size > 0
        ? [{ name: textOf(name), size, shade: typeof shade === 'number' ? shade : size }]
        : [],
    );
    if (tiles.length === 0) return html`<p>No size above 0 in this column</p>`;
    const shown = tiles.toSorted((one, other) => other.size - one.size).slice(0, mostTiles);
    const root = hierarchy<{ size?: number; children?: Tile[] }>({ children: shown }).sum((tile) => tile.size ?? 0);
    const laid = treemap<{ size?: number; children?: Tile[] }>()
      .tile(treemapSquarify)
      .size([this.width, height])
      .round(true)(root);
    const most = Math.max(...shown.map((tile) => tile.shade));
    return html`<svg width=${this.width} height=${height} role="img" aria-label="Tree map">
        ${laid.leaves().map((leaf) => drawTile(leaf.data as unknown as Tile, leaf, most))}
      </svg>
      ${tiles.length > mostTiles ? html`<p>The largest ${mostTiles} of ${formatCount(tiles.length)} are drawn</p>` : nothing}`;
  }
}

interface Tile {
  name: string;
  size: number;
  shade: number;
}

function drawTile(tile: Tile, box: { x0: number; x1: number; y0: number; y1: number }, most: number): TemplateResult {
  const wide = box.x1 - box.x0;
  const high = box.y1 - box.y0;
  const shade = `s${Math.min(shades - 1, Math.floor((tile.shade / most) * shades))}`;
  const letters = Math.floor((wide - 16) / 7.4);
  const name = tile.name.length <= letters ? tile.name : `${tile.name.slice(0, Math.max(0, letters - 1))}…`;
  return svg`<g>
    <rect class=${shade} x=${box.x0 + 1} y=${box.y0 + 1} width=${Math.max(0, wide - 2)} height=${Math.max(0, high - 2)} rx="3">
      <title>${tile.name}: ${formatCount(tile.size)}</title>
    </rect>
    ${letters >= 3 && high >= 24 ? svg`<text class=${shade} x=${box.x0 + 9} y=${box.y0 + 19} font-weight="600">${name}</text>` : nothing}
    ${letters >= 5 && high >= 44 ? svg`<text class=${shade} x=${box.x0 + 9} y=${box.y0 + 36}>${formatCount(tile.size)}</text>` : nothing}
  </g>`;
}

function legend(series: readonly string[]): TemplateResult | typeof nothing {
  if (series.length < 2) return nothing;
  return html`<ul aria-label="Series">
    ${series.map(
      (name, index) =>
        html`<li>
          <svg width="12" height="12" aria-hidden="true">
            <rect width="12" height="12" rx="3" fill="var(--tap-series-${index})"></rect></svg
          >${name}
        </li>`,
    )}
  </ul>`;
}

/** Bars over names (or few numbers): each value across has a place of its own. */
function isNamed(points: readonly ChartPoint[], { kind }: ChartChoice): boolean {
  return (
    kind === 'bar' && !points.some(({ x }) => x instanceof Date) && !points.every(({ x }) => typeof x === 'number')
  );
}

function namesAmong(names: readonly string[]): (point: ChartPoint) => boolean {
  const wanted = new Set(names);
  return ({ x }) => wanted.has(textOf(x));
}

interface Frame {
  series: readonly string[];
  choice: ChartChoice;
  width: number;
  height: number;
}

function chartOptions(points: readonly ChartPoint[], { series, choice, width, height }: Frame): PlotOptions {
  const colours = series.length > 0 ? series.map((_, index) => `var(--tap-series-${index})`) : [];
  const base: PlotOptions = {
    width,
    height,
    ariaLabel: 'Chart; the table view has the same rows',
    marginLeft: 56,
    marginRight: 16,
    marginTop: 16,
    marginBottom: 34,
    color: { domain: [...series], range: colours },
    x: { label: null },
    y: { label: null, nice: true },
  };
  const colour = series.length > 0 ? 'series' : 'var(--tap-amber)';
  if (isNamed(points, choice)) return nameBars(base, points, { colour });
  const timely = points.some(({ x }) => x instanceof Date);
  const ticks = Math.max(2, Math.floor(width / 90));
  return {
    ...base,
    x: { ...base.x, ...(timely ? { type: 'utc' as const } : {}) },
    marks: [
      gridY({ stroke: 'var(--tap-line)', strokeOpacity: 1, ticks: 5 }),
      axisX({
        color: 'var(--tap-muted)',
        tickSize: 0,
        fontSize: 12,
        ...(isBand(points, choice) ? { ticks: bandTicks(points, width) } : { ticks }),
      }),
      axisY({ color: 'var(--tap-muted)', tickSize: 0, fontSize: 12, ticks: 5, tickFormat: formatTick }),
      marksOf(points, { choice, colour, timely }),
      ruleY([0], { stroke: 'var(--tap-line-strong)' }),
    ],
  };
}

interface Looks {
  colour: string;
}

/** What a mark says when one rests on it. */
function tip(point: ChartPoint): string {
  return `${textOf(point.x)}${point.series === null ? '' : `, ${point.series}`}: ${point.y}`;
}

function isBand(points: readonly ChartPoint[], { kind }: ChartChoice): boolean {
  return kind === 'bar' && points.every(({ x }) => typeof x === 'number');
}

/** Of many bars, so many names as have room. */
function bandTicks(points: readonly ChartPoint[], width: number): number[] {
  const values = [...new Set(points.map(({ x }) => Number(x)))];
  const each = Math.max(1, Math.ceil((values.length * 34) / width));
  return values.filter((_, index) => index % each === 0);
}

function marksOf(points: readonly ChartPoint[], looks: Looks & { choice: ChartChoice; timely: boolean }): Markish {
  const { choice, colour, timely } = looks;
  const fill = { fill: colour, title: tip };
  const rows = [...points];
  if (choice.kind === 'dot') return dot(rows, { x: 'x', y: 'y', r: 3, ...fill });
  if (choice.kind === 'line') {
    const named = colour === 'series' ? { z: 'series' } : {};
    return [
      lineY(rows, { x: 'x', y: 'y', stroke: colour, strokeWidth: 2, sort: 'x', ...named }),
      points.length <= 300 ? dot(rows, { x: 'x', y: 'y', r: 2.5, ...fill }) : null,
    ];
  }
  if (!timely) return barY(rows, { x: 'x', y: 'y', ...fill });
  const step = barMs(points);
  return rectY(rows, {
    x1: 'x',
    x2: (point: ChartPoint) => new Date(Number(point.x) + step),
    y: 'y',
    insetLeft: 0.5,
    insetRight: 0.5,
    ...fill,
  });
}

/** Names beside lying bars, so that long ones can be read. */
function nameBars(base: PlotOptions, points: readonly ChartPoint[], { colour }: Looks): PlotOptions {
  const names = across(points);
  const wide = Math.min((base.width ?? 600) * 0.4, Math.max(...names.map((name) => name.length)) * 7.2 + 14);
  const letters = Math.floor((wide - 10) / 7);
  const rows = points.map((point) => ({ ...point, name: textOf(point.x) }));
  return {
    ...base,
    height: Math.max(140, names.length * 26 + 44),
    marginTop: 28,
    marginBottom: 12,
    marginLeft: wide,
    x: { label: null, nice: true },
    y: { label: null, domain: names, padding: 0.2 },
    marks: [
      gridX({ stroke: 'var(--tap-line)', strokeOpacity: 1, ticks: 5 }),
      axisX({ anchor: 'top', color: 'var(--tap-muted)', tickSize: 0, fontSize: 12, ticks: 5, tickFormat: formatTick }),
      axisY({
        color: 'var(--tap-text)',
        tickSize: 0,
        fontSize: 12,
        tickFormat: (name: string) => (name.length <= letters ? name : `${name.slice(0, letters - 1)}…`),
      }),
      barX(rows, { x: 'y', y: 'name', fill: colour, title: tip, rx: 2 }),
      ruleX([0], { stroke: 'var(--tap-line-strong)' }),
    ],
  };
}

/** Whole numbers short; small ones with their digits. */
function formatTick(value: number): string {
  return Math.abs(value) >= 10 || Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)));
}
