import { svg, type SVGTemplateResult } from 'lit';

import type { Beer, Look } from './beers.ts';
import { motif } from './motif.ts';

/** Outlines in a box of 100 by 300, standing on its lower edge. */
const outlines: Record<Look['bottle'], string> = {
  longneck: 'M42 14h16v70c0 24 20 32 20 58v144c0 9-4 13-12 13H34c-8 0-12-4-12-13V142c0-26 20-34 20-58Z',
  stubby: 'M40 62h20v34c0 20 22 26 22 54v136c0 9-4 13-12 13H30c-8 0-12-4-12-13V150c0-28 22-34 22-54Z',
  champagne: 'M42 8h16v66c0 38 24 52 24 96v116c0 9-4 13-12 13H30c-8 0-12-4-12-13V170c0-44 24-58 24-96Z',
  can: 'M26 118h48l6 12v152l-6 17H26l-6-17V130Z',
};

/** Where the stopper sits and where the light falls on the neck. */
const tops: Record<Look['bottle'], { y: number; neckEnd: number }> = {
  longneck: { y: 14, neckEnd: 84 },
  stubby: { y: 62, neckEnd: 96 },
  champagne: { y: 8, neckEnd: 74 },
  can: { y: 118, neckEnd: 118 },
};

const labels: Record<Look['label'], string> = {
  band: 'M20 168h60v92H20Z',
  oval: 'M50 166c17 0 25 20 25 46s-8 46-25 46-25-20-25-46 8-46 25-46Z',
  shield: 'M25 168h50v54c0 20-14 32-25 38-11-6-25-18-25-38Z',
  arch: 'M25 258v-66c0-16 11-26 25-26s25 10 25 26v66Z',
  plaque: 'M30 168h40c0 5 3 8 7 8v74c-4 0-7 3-7 8H30c0-5-3-8-7-8v-74c4 0 7-3 7-8Z',
};

/** The bottle or can of a beer. Decoration: what it says is said beside it, in text. */
export function bottle({ name, look }: Beer): SVGTemplateResult {
  const { y, neckEnd } = tops[look.bottle];
  return svg`
    <svg class="bottle" viewBox="0 0 100 300" aria-hidden="true" focusable="false">
      <path d=${outlines[look.bottle]} fill=${look.bottleColour} />
      ${look.bottle === 'can' ? canTop(look.cap) : stopper(look, y, neckEnd)}
      <path d=${labels[look.label]} fill=${look.paper} />
      <path d=${labels[look.label]} fill="none" stroke=${look.ink} stroke-width="1.200" opacity=".55"
        transform="translate(50 212) scale(.9) translate(-50 -212)" />
      <g transform="translate(50 200)" fill=${look.ink} stroke=${look.ink}>${motif(look.motif)}</g>
      ${nameLines(name, look.ink)}
      <path d="M27 150v126" stroke="#fff" stroke-width="4" stroke-linecap="round" opacity=".2" />
      <path d="M74 158v118" stroke="#000" stroke-width="6" stroke-linecap="round" opacity=".14" />
    </svg>
  `;
}

function stopper({ cap, paper, ink }: Look, y: number, neckEnd: number): SVGTemplateResult {
  const collarY = neckEnd - 16;
  return svg`
    <rect x="42" y=${collarY} width="16" height="13" fill=${paper} />
    <path d="M42 ${collarY + 11}h16" stroke=${ink} stroke-width="1.500" />
    <rect x="39.500" y=${y - 7} width="21" height="11" rx="2.500" fill=${cap} />
    <path d="M43 ${y - 5}v8m4.700-8v8m4.700-8v8m4.600-8v8" stroke="#000" opacity=".22" />
    <path d="M45.500 ${y + 10}V${collarY - 4}" stroke="#fff" stroke-width="2.500" stroke-linecap="round" opacity=".25" />
  `;
}

function canTop(metal: string): SVGTemplateResult {
  return svg`
    <path d="M28 112h44l2 6H26Z" fill=${metal} />
    <path d="M26 299h48l-2-5H28Z" fill=${metal} />
    <path d="M42 111h14" stroke="#000" opacity=".3" stroke-width="2" />
  `;
}

/** One line, or two if it is two words. */
function nameLines(name: string, ink: string): SVGTemplateResult[] {
  const words = name.split(' ');
  const size = Math.min(9, 66 / Math.max(...words.map((word) => word.length)));
  const top = words.length > 1 ? 231 : 236;
  return words.map(
    (word, line) =>
      svg`<text x="50" y=${top + line * 10} text-anchor="middle" class="label-name" font-size=${size} fill=${ink}>${word}</text>`,
  );
}
