import { svg, type SVGTemplateResult } from 'lit';

import type { Beer, Look } from './beers.ts';

interface Shape {
  /** The glass, in a box of 120 by 180. */
  wall: string;
  /** The beer in it. */
  beer: string;
  /** Left and right end of the foam and its height. */
  foam: [left: number, right: number, y: number];
  /** Stem, foot or handle. */
  rest: string;
}

const shapes: Record<Look['glass'], Shape> = {
  pint: {
    wall: 'M28 20h64l-8 154H36Z',
    beer: 'M31 40h58l-7 128H38Z',
    foam: [28, 92, 40],
    rest: '',
  },
  tulip: {
    wall: 'M32 24c-4 24-8 32-8 52 0 26 18 42 36 42s36-16 36-42c0-20-4-28-8-52Z',
    beer: 'M31 50c-2 10-3 17-3 26 0 22 15 37 32 37s32-15 32-37c0-9-1-16-3-26Z',
    foam: [31, 89, 50],
    rest: 'M60 118v44m-24 10c4-6 14-9 24-10 10 1 20 4 24 10Z',
  },
  weizen: {
    wall: 'M32 8h56c2 32-2 52-10 84-5 24-4 52 2 82H40c6-30 7-58 2-82C34 60 30 40 32 8Z',
    beer: 'M34 34h52c0 20-4 34-11 60-5 22-5 48 0 74H45c5-26 5-52 0-74-7-26-11-40-11-60Z',
    foam: [33, 87, 34],
    rest: '',
  },
  mug: {
    wall: 'M22 26h62v142c0 4-2 6-6 6H28c-4 0-6-2-6-6Z',
    beer: 'M27 48h52v114c0 3-2 5-5 5H32c-3 0-5-2-5-5Z',
    foam: [23, 83, 48],
    rest: 'M84 60h12c8 0 12 4 12 12v48c0 8-4 12-12 12H84',
  },
};

/** The right glass for a beer, filled. Decoration. */
export function glass({ look }: Beer): SVGTemplateResult {
  const { wall, beer, foam, rest } = shapes[look.glass];
  return svg`
    <svg class="glass" viewBox="0 0 120 180" aria-hidden="true" focusable="false">
      <path d=${rest} fill=${look.glass === 'mug' ? 'none' : 'var(--glass)'} stroke="var(--glass-edge)" stroke-width=${look.glass === 'mug' ? 7 : 3} />
      <path d=${wall} fill="var(--glass)" stroke="var(--glass-edge)" stroke-width="2" />
      <path d=${beer} fill=${look.beerColour} />
      ${foamOf(foam)}
      <path d="M${foam[0] + 13} ${foam[2] + 22}v34" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".35" />
      ${[0, 1, 2, 3, 4].map((i) => svg`<circle cx=${52 + ((i * 13) % 26)} cy=${foam[2] + 24 + i * 11} r="1.600" fill="#fff" opacity=".5" />`)}
    </svg>
  `;
}

function foamOf([left, right, y]: Shape['foam']): SVGTemplateResult {
  const step = (right - left - 8) / 4;
  const bubbles = [0, 1, 2, 3].map(
    (i) => svg`<circle cx=${left + 4 + step * (i + 0.5)} cy=${y - 9 - (i % 2) * 4} r=${step * 0.72} />`,
  );
  return svg`<g fill="#fffdf6"><rect x=${left + 2} y=${y - 11} width=${right - left - 4} height="17" rx="7" />${bubbles}</g>`;
}
