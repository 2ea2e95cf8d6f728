import { sankey, sankeyLinkHorizontal, type SankeyLink, type SankeyNode } from 'd3-sankey';
import { css, html, svg, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';
import type { Filters, Picture } from '../model/tally.ts';
import { ChartElement } from './chart-element.ts';
import { marksAsButtons } from './mark-keys.ts';
import { SelectEvent } from './select-event.ts';

const height = 300;
/** More names than this on a side are one, so that the picture stays readable. */
const mostNames = 8;
const rest = 'all others';

interface Name {
  id: string;
  side: 'first' | 'last';
  name: string;
}
type Place = SankeyNode<Name, { value: number }>;
type Ribbon = SankeyLink<Name, { value: number }>;

/**
 * `<taphouse-flow>`: from which first to which last event sessions lead. Choosing a name sends `tap-select` with it.
 * Properties: `flow` of a Picture; `chosen`, the filters on first and last.
 */
export class FlowChart extends ChartElement {
  static override properties = {
    ...ChartElement.properties,
    flow: { attribute: false },
    chosen: { attribute: false },
  };
  static override styles = [
    ...ChartElement.styles,
    css`
      path {
        fill: none;
        stroke: var(--tap-amber);
        stroke-opacity: 0.3;
      }
      path:hover {
        stroke-opacity: 0.6;
      }
      rect {
        fill: var(--tap-amber-strong);
      }
      text {
        fill: var(--tap-text);
        font-size: 12.5px;
      }
      .count {
        fill: var(--tap-muted);
      }
      .mark[aria-pressed='true'] text {
        font-weight: 700;
      }
    `,
  ];

  declare flow: Picture['flow'];
  declare chosen: Pick<Filters, 'first' | 'last'>;

  constructor() {
    super();
    this.flow = [];
    this.chosen = {};
  }

  override render(): TemplateResult {
    const { nodes, links } = layOut(this.flow, this.width);
    return html`<svg width=${this.width} height=${height} role="group" aria-label="From first to last event">
      ${links.map(ribbon)} ${nodes.map((node) => this.#name(node))}
    </svg>`;
  }

  #name(node: Place): TemplateResult {
    const left = node.side === 'first';
    const x = left ? (node.x1 ?? 0) + 7 : (node.x0 ?? 0) - 7;
    const y = ((node.y0 ?? 0) + (node.y1 ?? 0)) / 2;
    const count = formatCount(node.value ?? 0);
    const letters = Math.max(6, Math.floor(this.width / 2 / 7.2) - count.length - 5);
    const word = node.name.length > letters ? `${node.name.slice(0, letters - 1)}…` : node.name;
    return svg`<g class=${node.name === rest ? '' : 'mark'} data-side=${node.side} data-name=${node.name}
      data-label="${left ? 'begin' : 'end'} ${node.name}: ${count} sessions">
      <title>${node.name}: ${count} sessions</title>
      <rect x=${node.x0 ?? 0} y=${node.y0 ?? 0} width="5" rx="1" height=${Math.max(1, (node.y1 ?? 0) - (node.y0 ?? 0))}></rect>
      <text aria-hidden="true" x=${x} y=${y} dy="0.35em" text-anchor=${left ? 'start' : 'end'}>${word}<tspan class="count">  ${count}</tspan></text>
    </g>`;
  }

  protected override updated(): void {
    const marks = [...this.renderRoot.querySelectorAll('g.mark')];
    marksAsButtons(marks, (index) => {
      const { side = '', name = '', label = '' } = (marks[index] as SVGGElement).dataset;
      const filter: Filters = side === 'first' ? { first: name } : { last: name };
      const pressed = side === 'first' ? this.chosen.first === name : this.chosen.last === name;
      return { label, pressed, choose: () => this.dispatchEvent(new SelectEvent(filter)) };
    });
  }
}

function ribbon(link: Ribbon): TemplateResult {
  const { name: from } = link.source as Place;
  const { name: to } = link.target as Place;
  const path = sankeyLinkHorizontal<Name, { value: number }>()(link) ?? '';
  return svg`<path d=${path} stroke-width=${Math.max(1, link.width ?? 1)}>
    <title>${from} to ${to}: ${formatCount(link.value)} sessions</title>
  </path>`;
}

function layOut(flow: Picture['flow'], width: number): { nodes: Place[]; links: Ribbon[] } {
  const firsts = topNames(flow.map((pair) => [pair.beginnavigation, pair.sessions]));
  const lasts = topNames(flow.map((pair) => [pair.endnavigation, pair.sessions]));
  const links = new Map<string, { source: string; target: string; value: number }>();
  for (const pair of flow) {
    const source = `first ${firsts.has(pair.beginnavigation) ? pair.beginnavigation : rest}`;
    const target = `last ${lasts.has(pair.endnavigation) ? pair.endnavigation : rest}`;
    const id = JSON.stringify([source, target]);
    const link = links.get(id);
    if (link) link.value += pair.sessions;
    else links.set(id, { source, target, value: pair.sessions });
  }
  const ids = new Set([...links.values()].flatMap((link) => [link.source, link.target]));
  return sankey<Name, { value: number }>()
    .nodeId((node) => node.id)
    .nodeWidth(5)
    .nodePadding(14)
    .extent([
      [0, 8],
      [width, height - 8],
    ])({ nodes: [...ids].map(nameOf), links: [...links.values()] });
}

function nameOf(id: string): Name {
  return id.startsWith('first ')
    ? { id, side: 'first', name: id.slice('first '.length) }
    : { id, side: 'last', name: id.slice('last '.length) };
}

function topNames(counts: [string, number][]): Set<string> {
  const sums = new Map<string, number>();
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  const sorted = [...sums].toSorted(([, a], [, b]) => b - a).map(([name]) => name);
  return new Set(sorted.length > mostNames ? sorted.slice(0, mostNames - 1) : sorted);
}
