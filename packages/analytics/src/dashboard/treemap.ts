import { hierarchy, type HierarchyRectangularNode, treemap, treemapSquarify } from 'd3-hierarchy';
import { css, html, nothing, svg, type TemplateResult } from 'lit';

import { formatCount, formatDuration } from '../format.ts';
import type { DeviceTotal } from '../model/tally.ts';
import { ChartElement, shadeOf, shadeStyles } from './chart-element.ts';
import { marksAsButtons } from './mark-keys.ts';
import { SelectEvent } from './select-event.ts';

const height = 260;
/** More tiles than this are one tile, so that the picture stays readable. */
const mostTiles = 24;

type Node = DeviceTotal | { children: DeviceTotal[] };

/**
 * `<taphouse-treemap>`: one tile a device; its size is the seconds spent, its shade the events. Choosing a tile sends
 * `tap-select` with its device. Properties: `devices` of a Picture, most seconds first; `chosen`, a device_id or null.
 */
export class TreemapChart extends ChartElement {
  static override properties = { ...ChartElement.properties, devices: { attribute: false }, chosen: { type: String } };
  static override styles = [
    ...ChartElement.styles,
    shadeStyles,
    css`
      rect {
        stroke: var(--tap-surface);
        stroke-width: 2;
      }
      text {
        pointer-events: none;
        font-size: 12px;
      }
      text.name {
        font-weight: 600;
        font-size: 13px;
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
      .mark {
        cursor: pointer;
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

  declare devices: DeviceTotal[];
  declare chosen: string | null;

  constructor() {
    super();
    this.devices = [];
    this.chosen = null;
  }

  override render(): TemplateResult {
    const tiles = fold(this.devices);
    const root = hierarchy<Node>({ children: tiles }).sum((node) =>
      // A device of only one-event sessions has no duration, but it is there: a sliver.
      'children' in node ? 0 : Math.max(node.duration_sec, 0.5),
    );
    const laid = treemap<Node>().tile(treemapSquarify).size([this.width, height]).round(true)(root);
    const most = Math.max(1, ...tiles.map((tile) => tile.events));
    return html`<svg width=${this.width} height=${height} role="group" aria-label="Time spent by device">
      ${laid.leaves().map((leaf) => tile(leaf, { most, chosen: this.chosen }))}
    </svg>`;
  }

  protected override updated(): void {
    const marks = [...this.renderRoot.querySelectorAll('g.mark')];
    marksAsButtons(marks, (index) => {
      const { name = '', label = '' } = (marks[index] as SVGGElement).dataset;
      const choose = (): boolean => this.dispatchEvent(new SelectEvent({ device: name }));
      return { label, pressed: name === this.chosen, choose };
    });
  }
}

/** The largest devices, and one tile for the rest. */
export function fold(devices: readonly DeviceTotal[]): DeviceTotal[] {
  const shown = devices.slice(0, devices.length > mostTiles ? mostTiles - 1 : mostTiles);
  const rest = devices.slice(shown.length);
  if (rest.length === 0) return [...shown];
  const other = {
    folded: rest.length,
    device_id: `${formatCount(rest.length)} more`,
    duration_sec: 0,
    events: 0,
    sessions: 0,
  };
  for (const device of rest) {
    other.duration_sec += device.duration_sec;
    other.events += device.events;
    other.sessions += device.sessions;
  }
  return [...shown, other];
}

function tile(
  leaf: HierarchyRectangularNode<Node>,
  { most, chosen }: { most: number; chosen: string | null },
): TemplateResult {
  const device = leaf.data as DeviceTotal & { folded?: number };
  const wide = leaf.x1 - leaf.x0;
  const high = leaf.y1 - leaf.y0;
  const shade = shadeOf(device.events, most);
  const about = `${formatDuration(device.duration_sec)}, ${formatCount(device.events)} events`;
  const label = `${device.device_id} ${about}, ${formatCount(device.sessions)} sessions`;
  const letters = Math.floor((wide - 16) / 7.4);
  const faded = chosen !== null && chosen !== device.device_id ? 'faded' : '';
  return svg`<g class="${device.folded ? '' : 'mark'} ${faded}" data-name=${device.device_id} data-label=${label}>
    <title>${label}</title>
    <rect class=${shade} x=${leaf.x0} y=${leaf.y0} width=${wide} height=${high} rx="3"></rect>
    ${
      letters >= 4 && high >= 24
        ? svg`<text aria-hidden="true" class="name ${shade}" x=${leaf.x0 + 9} y=${leaf.y0 + 19}>${cut(device.device_id, letters)}</text>`
        : nothing
    }
    ${
      letters >= about.length && high >= 42
        ? svg`<text aria-hidden="true" class=${shade} x=${leaf.x0 + 9} y=${leaf.y0 + 36}>${about}</text>`
        : nothing
    }
  </g>`;
}

function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}
