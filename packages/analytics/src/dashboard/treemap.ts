import { hierarchy, type HierarchyRectangularNode, treemap, treemapSquarify } from 'd3-hierarchy';
import { css, html, nothing, svg, type TemplateResult } from 'lit';

import { formatCount, formatDuration } from '../format.ts';
import { ChartElement } from './chart-element.ts';
import type { DeviceTotal } from './picture.ts';

const height = 260;
/** More tiles than this are one tile, so that the picture stays readable. */
const mostTiles = 24;
const shades = 5;

type Node = DeviceTotal | { children: DeviceTotal[] };

/** `<taphouse-treemap>`: one tile a device; its size is the seconds spent, its shade the events. Property: `devices`. */
export class TreemapChart extends ChartElement {
  static override properties = { ...ChartElement.properties, devices: { attribute: false } };
  static override styles = [
    ...ChartElement.styles,
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
      .s0 {
        fill: var(--tap-shade-0);
      }
      .s1 {
        fill: var(--tap-shade-1);
      }
      .s2 {
        fill: var(--tap-shade-2);
      }
      .s3 {
        fill: var(--tap-shade-3);
      }
      .s4 {
        fill: var(--tap-shade-4);
      }
      text.s0,
      text.s1,
      text.s2 {
        fill: light-dark(#2b1a0d, #fdf3e0);
      }
      text.s3 {
        fill: light-dark(#fffaf0, #1c1208);
      }
      text.s4 {
        fill: light-dark(#fffaf0, #1c1208);
      }
    `,
  ];

  declare devices: DeviceTotal[];

  constructor() {
    super();
    this.devices = [];
  }

  override render(): TemplateResult {
    const tiles = fold(this.devices);
    const root = hierarchy<Node>({ children: tiles }).sum((node) =>
      // A device of only one-event sessions has no duration, but it is there: a sliver.
      'children' in node ? 0 : Math.max(node.duration_sec, 0.5),
    );
    const laid = treemap<Node>().tile(treemapSquarify).size([this.width, height]).round(true)(root);
    const most = Math.max(1, ...tiles.map((tile) => tile.events));
    return html`<svg width=${this.width} height=${height} role="img" aria-label="Tree map of devices">
      ${laid.leaves().map((leaf) => tile(leaf, most))}
    </svg>`;
  }
}

/** The largest devices, and one tile for the rest. */
export function fold(devices: readonly DeviceTotal[]): DeviceTotal[] {
  const shown = devices.slice(0, devices.length > mostTiles ? mostTiles - 1 : mostTiles);
  const rest = devices.slice(shown.length);
  if (rest.length === 0) return [...shown];
  const other: DeviceTotal = { device_id: `${formatCount(rest.length)} more`, duration_sec: 0, events: 0, sessions: 0 };
  for (const device of rest) {
    other.duration_sec += device.duration_sec;
    other.events += device.events;
    other.sessions += device.sessions;
  }
  return [...shown, other];
}

function tile(leaf: HierarchyRectangularNode<Node>, most: number): TemplateResult {
  const device = leaf.data as DeviceTotal;
  const wide = leaf.x1 - leaf.x0;
  const high = leaf.y1 - leaf.y0;
  const shade = `s${Math.min(shades - 1, Math.floor((device.events / most) * shades))}`;
  const about = `${formatDuration(device.duration_sec)}, ${formatCount(device.events)} events`;
  const letters = Math.floor((wide - 16) / 7.4);
  return svg`<g>
    <rect class=${shade} x=${leaf.x0} y=${leaf.y0} width=${wide} height=${high} rx="3">
      <title>${device.device_id}: ${about}, ${formatCount(device.sessions)} sessions</title>
    </rect>
    ${
      letters >= 4 && high >= 24
        ? svg`<text class="name ${shade}" x=${leaf.x0 + 9} y=${leaf.y0 + 19}>${cut(device.device_id, letters)}</text>`
        : nothing
    }
    ${
      letters >= about.length && high >= 42
        ? svg`<text class=${shade} x=${leaf.x0 + 9} y=${leaf.y0 + 36}>${about}</text>`
        : nothing
    }
  </g>`;
}

function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}
