import { svg, type SVGTemplateResult } from 'lit';

import type { Look } from './beers.ts';

/** Small drawings for labels, about 32 wide around 0,0; fill and stroke are those of the group around them. */
const motifs: Record<Look['motif'], SVGTemplateResult> = {
  lantern: svg`
    <path d="M-7-6h14l2 16H-9Z" fill-opacity=".25" stroke-width="1.600" />
    <path d="M-9-6h18L5-11H-5ZM-10 10h20v3h-20Z" stroke="none" />
    <path d="M0-11v-4m-4 4a4 4 0 0 1 8 0" fill="none" stroke-width="1.500" />
    <path d="M0-3c4 5 3 9 0 9s-4-4 0-9Z" stroke="none" />`,
  boat: svg`
    <path d="M-13 4h26l-5 7H-8Z" stroke="none" />
    <path d="M-1 2v-17C6-10 9-4 10 2ZM-3 2v-13c-4 4-6 8-7 13Z" stroke="none" />
    <path d="M-16 14c4-3 7-3 10.600 0s7 3 10.600 0 7-3 10.600 0" fill="none" stroke-width="1.700" />`,
  sun: svg`
    <circle r="7.500" stroke="none" />
    <path d="M0-11v-5m0 27v5m11-16h5m-27 0h-5M7.800-7.800l3.500-3.500m-19 19-3.500 3.500m19 0-3.500-3.500m-12-12-3.500-3.500"
      stroke-width="2" stroke-linecap="round" />`,
  wheat: svg`
    <path d="M0 16V-4" fill="none" stroke-width="1.500" />
    <path d="M0-16c3 4 3 7 0 10-3-3-3-6 0-10ZM2-3c1-4 3-6 7-6 0 4-2 7-7 9Zm-4 0c-1-4-3-6-7-6 0 4 2 7 7 9Zm4 8c1-4 3-6 7-6 0 4-2 7-7 9Zm-4 0c-1-4-3-6-7-6 0 4 2 7 7 9Z"
      stroke="none" />`,
  kite: svg`
    <path d="M3-16 14-4 0 8-6-7Z" stroke="none" />
    <path d="M0 8c-4 2-2 6-6 7s-3-3-7-1" fill="none" stroke-width="1.500" />
    <path d="M-9 16l-3-4m7 1-1-4" fill="none" stroke-width="1.700" stroke-linecap="round" />`,
  hop: svg`
    <path d="M0-10c5 1 9 5 9 10S4 12 0 16c-4-4-9-11-9-16s4-9 9-10Z" fill-opacity=".3" stroke-width="1.500" />
    <path d="M-8-1c3 0 5 1 8 5 3-4 5-5 8-5M-7 6c3 0 5 1 7 4 2-3 4-4 7-4M-5-7c2 0 4 2 5 4 1-2 3-4 5-4" fill="none" stroke-width="1.500" />
    <path d="M0-10c0-3 2-5 5-6" fill="none" stroke-width="1.700" />`,
  moon: svg`
    <path d="M4-14a13 13 0 1 0 9 20A12 12 0 0 1 4-14Z" stroke="none" />
    <circle cx="10" cy="-7" r="1.500" stroke="none" /><circle cx="14" cy="-13" r="1" stroke="none" />`,
  kettle: svg`
    <path d="M-10-3h18l3 14H-12Z" stroke="none" />
    <path d="M9 1l7-6" stroke-width="3" />
    <path d="M-6-4c0-12 11-12 11 0" fill="none" stroke-width="1.800" />
    <path d="M11-10c3-2-1-3 2-6m3 6c3-2-1-3 2-6" fill="none" stroke-width="1.200" />`,
  cherry: svg`
    <circle cx="-6" cy="8" r="6.500" stroke="none" /><circle cx="8" cy="6" r="6.500" stroke="none" />
    <path d="M-6 2C-5-6-1-12 5-15 8-9 9-4 8 0" fill="none" stroke-width="1.600" />
    <path d="M5-15c4-2 8-1 10 2-4 2-8 1-10-2Z" stroke="none" />`,
  barn: svg`
    <path d="M-13 14V-2L-8-10 0-15 8-10 13-2v16Z" fill-opacity=".25" stroke-width="1.700" />
    <path d="M-5 14V3H5v11ZM-3-7h6v5h-6Z" stroke="none" />
    <path d="M-5 3 5 14M5 3-5 14" stroke-width="1" opacity=".4" />`,
  star: svg`
    <path d="M0-17 3.600-3.600 17 0 3.600 3.600 0 17-3.600 3.600-17 0-3.600-3.600Z" stroke="none" />
    <circle cx="10" cy="-10" r="1.500" stroke="none" /><circle cx="-11" cy="9" r="1.500" stroke="none" />`,
  hill: svg`
    <path d="M-17 12C-9-6-3-12 2-12S11-4 17 12Z" stroke="none" />
    <path d="M-4 12c6-4-2-8 4-12s2-6 2-9" fill="none" stroke="#fff" stroke-width="1.600" opacity=".7" />
    <circle cx="-10" cy="-10" r="3.500" stroke="none" />`,
};

/** The drawing on a label. */
export function motif(name: Look['motif']): SVGTemplateResult {
  return motifs[name];
}
