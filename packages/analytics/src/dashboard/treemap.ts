import { hierarchy, type HierarchyRectangularNode, treemap, treemapSquarify } from 'd3-hierarchy';
import { css, html, nothing, svg, type TemplateResult } from 'lit';

import { formatCount, formatDuration } from '../format.ts';
import type { Filters, TreeCell } from '../model/tally.ts';
import { ChartElement, shadeOf, shadeStyles } from './chart-element.ts';
import { marksAsButtons } from './mark-keys.ts';
import { SelectEvent } from './select-event.ts';

const height = 300;
const headHeight = 22;
/** Of a wide font, as DejaVu Sans is: a name must not leave its tile. */
const letterWidth = 7.4;
const boldLetterWidth = 8.6;
/** More tiles of a type than this are one tile, so that the picture stays readable. */
const mostTiles = 10;

/** A tile: the sessions of a type of device that begin with an event, or with one of `folded` events. */
export interface Tile extends TreeCell {
  folded?: number;
}
interface Group {
  device_type: string;
  children: Tile[];
}
interface Whole {
  children: Group[];
}
type Node = Whole | Group | Tile;
type Laid = HierarchyRectangularNode<Node>;

/**
 * `<taphouse-treemap>`: a group a type of device, in it a tile for each first event; its size is the seconds spent, its
 * shade the events. Choosing a group's name sends `tap-select` with its type, a tile with its type and first event.
 * Properties: `cells`, `tree` of a Picture; `chosen`, the filters on type and first.
 */
export class TreemapChart extends ChartElement {
  static override properties = {
    ...ChartElement.properties,
    cells: { attribute: false },
    chosen: { attribute: false },
  };
  static override styles = [
    ...ChartElement.styles,
    shadeStyles,
    css`
      rect {
        stroke: var(--tap-surface);
        stroke-width: 2;
      }
      rect.head {
        fill: transparent;
        stroke: none;
      }
      text {
        pointer-events: none;
        font-size: 12px;
      }
      text.name {
        font-weight: 600;
        font-size: 13px;
      }
      text.type {
        fill: var(--tap-text);
        font-weight: 600;
        font-size: 13px;
      }
      text.type tspan {
        fill: var(--tap-muted);
        font-weight: 400;
      }
      text.s0,
      text.s1,
      text.s2 {
        fill: light-dark(#2b1a0d, #fdf3e0);
      }
      text.s3 {
        fill: #1c1208;
      }
      text.s4 {
        fill: light-dark(#fffaf0, #1c1208);
      }
      .mark:hover rect,
      .mark:focus-visible rect {
        stroke: var(--tap-text);
      }
      .faded {
        opacity: 0.35;
      }
    `,
  ];

  declare cells: readonly TreeCell[];
  declare chosen: Pick<Filters, 'type' | 'first'>;

  constructor() {
    super();
    this.cells = [];
    this.chosen = {};
  }

  override render(): TemplateResult {
    const groups = groupsOf(this.cells);
    const root = hierarchy<Node>({ children: groups }).sum((node) =>
      // Sessions of one event have no duration, but they are there: a sliver.
      'children' in node ? 0 : Math.max(node.duration_sec, 0.5),
    );
    const lay = treemap<Node>()
      .tile(treemapSquarify)
      .paddingTop((node) => (node.depth === 1 ? headHeight : 0));
    const laid = lay.size([this.width, height]).round(true)(root);
    const most = Math.max(1, ...groups.flatMap(({ children }) => children.map((tile) => tile.events)));
    return html`<svg
      width=${this.width}
      height=${height}
      role="group"
      aria-label="Time spent by device and first event"
    >
      ${(laid.children ?? []).map((group) => [
        groupHead(group, this.chosen),
        ...(group.children ?? []).map((leaf) => tileMark(leaf, { most, chosen: this.chosen })),
      ])}
    </svg>`;
  }

  protected override updated(): void {
    const marks = [...this.renderRoot.querySelectorAll('g.mark')];
    marksAsButtons(marks, (index) => {
      const { type = '', first, label = '' } = (marks[index] as SVGGElement).dataset;
      const filter: Filters = first === undefined ? { type } : { type, first };
      const pressed = this.chosen.type === type && (first === undefined || this.chosen.first === first);
      return { label, pressed, choose: () => this.dispatchEvent(new SelectEvent(filter)) };
    });
  }
}

/** The cells by type of device, the largest first; of each type the largest tiles, and one for the rest. */
export function groupsOf(cells: readonly TreeCell[]): Group[] {
  const types = new Map<string, TreeCell[]>();
  for (const cell of cells) {
    const group = types.get(cell.device_type);
    if (group) group.push(cell);
    else types.set(cell.device_type, [cell]);
  }
  return [...types].map(([device_type, children]) => ({ device_type, children: fold(children) }));
}

function fold(cells: readonly TreeCell[]): Tile[] {
  const shown = cells.slice(0, cells.length > mostTiles ? mostTiles - 1 : mostTiles);
  const rest = cells.slice(shown.length);
  if (rest.length === 0) return [...shown];
  return [...shown, { ...sumOf(rest), beginnavigation: `${formatCount(rest.length)} more`, folded: rest.length }];
}

function sumOf(cells: readonly TreeCell[]): Omit<TreeCell, 'beginnavigation'> {
  const sum = { device_type: cells[0]?.device_type ?? '', duration_sec: 0, events: 0, sessions: 0 };
  for (const cell of cells) {
    sum.duration_sec += cell.duration_sec;
    sum.events += cell.events;
    sum.sessions += cell.sessions;
  }
  return sum;
}

function groupHead(group: Laid, chosen: Pick<Filters, 'type'>): TemplateResult {
  const { device_type, children } = group.data as Group;
  const { duration_sec, events, sessions } = sumOf(children);
  const label = `${device_type} ${formatDuration(duration_sec)}, ${formatCount(events)} events, ${formatCount(sessions)} sessions`;
  const wide = group.x1 - group.x0;
  const letters = Math.floor((wide - 8) / boldLetterWidth);
  const time = formatDuration(duration_sec);
  const faded = chosen.type !== undefined && chosen.type !== device_type ? 'faded' : '';
  return svg`<g class="mark ${faded}" data-type=${device_type} data-label=${label}>
    <title>${label}</title>
    <rect class="head" x=${group.x0} y=${group.y0} width=${wide} height=${headHeight}></rect>
    <text aria-hidden="true" class="type" x=${group.x0 + 4} y=${group.y0 + 15}>${cut(device_type, letters)}${
      wide - 8 > device_type.length * boldLetterWidth + (time.length + 2) * letterWidth
        ? svg`<tspan>  ${time}</tspan>`
        : nothing
    }</text>
  </g>`;
}

function tileMark(
  leaf: Laid,
  { most, chosen }: { most: number; chosen: Pick<Filters, 'type' | 'first'> },
): TemplateResult {
  const tile = leaf.data as Tile;
  const wide = leaf.x1 - leaf.x0;
  const high = leaf.y1 - leaf.y0;
  const shade = shadeOf(tile.events, most);
  const about = `${formatDuration(tile.duration_sec)}, ${formatCount(tile.events)} events`;
  const label = `${tile.beginnavigation} on ${tile.device_type} ${about}, ${formatCount(tile.sessions)} sessions`;
  const letters = Math.floor((wide - 16) / boldLetterWidth);
  return svg`<g class="${tile.folded ? '' : 'mark'} ${isFaded(tile, chosen) ? 'faded' : ''}" data-type=${tile.device_type}
    data-first=${tile.beginnavigation} data-label=${label}>
    <title>${label}</title>
    <rect class=${shade} x=${leaf.x0} y=${leaf.y0} width=${wide} height=${high} rx="3"></rect>
    ${
      letters >= 4 && high >= 24
        ? svg`<text aria-hidden="true" class="name ${shade}" x=${leaf.x0 + 9} y=${leaf.y0 + 19}>${cut(tile.beginnavigation, letters)}</text>`
        : nothing
    }
    ${
      wide - 16 >= about.length * letterWidth && high >= 42
        ? svg`<text aria-hidden="true" class=${shade} x=${leaf.x0 + 9} y=${leaf.y0 + 36}>${about}</text>`
        : nothing
    }
  </g>`;
}

function isFaded(tile: Tile, { type, first }: Pick<Filters, 'type' | 'first'>): boolean {
  return (type !== undefined && type !== tile.device_type) || (first !== undefined && first !== tile.beginnavigation);
}

function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
}
