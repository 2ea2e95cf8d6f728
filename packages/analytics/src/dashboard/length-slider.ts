import { css, html, nothing, svg, type TemplateResult } from 'lit';

import { formatCount, formatDuration } from '../format.ts';
import type { SessionLength } from '../model/sessionize.ts';
import { ChartElement } from './chart-element.ts';
import { lengthsFrom } from './session-lengths.ts';

const height = 116;
const minute = 60_000;
const hour = 60 * minute;
/** Sends `tap-length` with the length under the hand. */
export class LengthEvent extends CustomEvent<SessionLength> {
  constructor(length: SessionLength) {
    super('tap-length', { detail: length, bubbles: true, composed: true });
  }
}

/**
 * `<taphouse-length>`: how long a pause may be within a session. The curve behind the slider says how many sessions
 * each length gives; its first stop is the stagger window, as collected.
 * Properties: `length`; `stepMs` of the rows; `curve`, a count for each of `lengthsFrom(stepMs)`; `sessions`, the count now.
 */
export class LengthSlider extends ChartElement {
  static override properties = {
    ...ChartElement.properties,
    length: { attribute: false },
    stepMs: { type: Number },
    curve: { attribute: false },
    note: { type: String },
  };
  static override styles = [
    ...ChartElement.styles,
    css`
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 2px 14px;
      }
      output {
        font: 600 18px/1.25 var(--tap-serif);
        color: var(--tap-link);
      }
      .note {
        margin-left: auto;
        color: var(--tap-muted);
        font-size: 13.5px;
        font-variant-numeric: tabular-nums;
      }
      p {
        margin: 2px 0 0;
        color: var(--tap-muted);
        font-size: 13.5px;
      }
      .board {
        position: relative;
        margin-top: 10px;
      }
      .area {
        fill: var(--tap-amber);
        opacity: 0.22;
      }
      .line {
        fill: none;
        stroke: var(--tap-amber);
        stroke-width: 2;
      }
      .here {
        stroke: var(--tap-amber-strong);
        stroke-width: 1.5;
      }
      .point {
        fill: var(--tap-amber-strong);
        stroke: var(--tap-surface);
        stroke-width: 2;
      }
      text {
        fill: var(--tap-muted);
        font-size: 12px;
      }
      input {
        display: block;
        width: 100%;
        margin: 0;
        height: 28px;
        background: none;
        appearance: none;
        cursor: pointer;
      }
      input::-webkit-slider-runnable-track {
        height: 6px;
        border-radius: 3px;
        background: var(--tap-line);
      }
      input::-webkit-slider-thumb {
        appearance: none;
        width: 22px;
        height: 22px;
        margin-top: -8px;
        border-radius: 50%;
        border: 3px solid var(--tap-surface);
        background: var(--tap-amber-strong);
        box-shadow: 0 1px 4px rgb(0 0 0 / 0.35);
      }
      input::-moz-range-track {
        height: 6px;
        border-radius: 3px;
        background: var(--tap-line);
      }
      input::-moz-range-thumb {
        width: 18px;
        height: 18px;
        border: 3px solid var(--tap-surface);
        background: var(--tap-amber-strong);
      }
    `,
  ];

  declare length: SessionLength;
  declare stepMs: number;
  declare curve: number[];
  declare note: string;

  constructor() {
    super();
    this.length = 'windows';
    this.stepMs = 30_000;
    this.curve = [];
    this.note = '';
  }

  override render(): TemplateResult {
    const stops = lengthsFrom(this.stepMs);
    const stop = this.length === 'windows' ? 0 : nearest(stops, this.length) + 1;
    return html`<div class="head">
        <output for="slider">${lengthName(this.length, this.stepMs)}</output>
        <span class="note">${this.note}</span>
      </div>
      <p>${lengthMeaning(this.length, this.stepMs)}</p>
      <div class="board">${this.#drawing(stops, stop)}</div>
      <input
        id="slider"
        type="range"
        min="0"
        max=${stops.length}
        step="1"
        .value=${String(stop)}
        aria-label="Session length"
        aria-valuetext=${lengthName(this.length, this.stepMs)}
        @input=${(event: Event) => this.#slid(stops, Number((event.target as HTMLInputElement).value))}
      />`;
  }

  #slid(stops: readonly number[], stop: number): void {
    this.length = stop === 0 ? 'windows' : (stops[stop - 1] ?? 'windows');
    this.dispatchEvent(new LengthEvent(this.length));
  }

  #drawing(stops: readonly number[], stop: number): TemplateResult {
    const thumb = 11;
    const x = (place: number): number => thumb + (place * (this.width - 2 * thumb)) / stops.length;
    const most = Math.max(1, ...this.curve);
    const y = (count: number): number => height - 22 - (count / most) * (height - 40);
    const points = this.curve.map((count, index) => `${x(index + 1)},${y(count)}`);
    const here = stop === 0 ? null : this.curve[stop - 1];
    return html`<svg width=${this.width} height=${height} aria-hidden="true">
      ${
        points.length > 0
          ? svg`<path class="area" d="M${x(1)},${height - 22}L${points.join('L')}L${x(stops.length)},${height - 22}Z"></path>
            <path class="line" d="M${points.join('L')}"></path>`
          : nothing
      }
      ${ticks(stops, this.width).map(
        ({ place, word }) =>
          svg`<text x=${x(place)} y=${height - 4} text-anchor=${place === 0 ? 'start' : 'middle'}>${word}</text>`,
      )}
      <line class="here" x1=${x(stop)} x2=${x(stop)} y1="6" y2=${height - 22}></line>
      ${
        here == null
          ? nothing
          : svg`<circle class="point" cx=${x(stop)} cy=${y(here)} r="5"></circle>
            <text x=${x(stop) + (stop > stops.length * 0.8 ? -10 : 10)} y=${Math.max(14, y(here) - 8)}
              text-anchor=${stop > stops.length * 0.8 ? 'end' : 'start'}>${formatCount(here)} sessions</text>`
      }
    </svg>`;
  }
}

function nearest(stops: readonly number[], length: number): number {
  const at = stops.findIndex((stop) => stop >= length);
  return at < 0 ? stops.length - 1 : at;
}

/** Words under the curve: round lengths, fewer where it is narrow. */
function ticks(stops: readonly number[], width: number): { place: number; word: string }[] {
  const named =
    width < 520 ? [5 * minute, 30 * minute] : [minute, 5 * minute, 10 * minute, 30 * minute, hour, 2 * hour];
  const last = { place: stops.length, word: '4 h' };
  const found = named.map((length) => ({ place: stops.indexOf(length) + 1, word: formatDuration(length / 1000) }));
  return [{ place: 0, word: 'windows' }, ...found.filter(({ place }) => place > 1), last];
}

/** "30 min", or the window as collected. */
export function lengthName(length: SessionLength, stepMs: number): string {
  if (length === 'windows') return `${formatDuration(stepMs / 1000)} windows, as collected`;
  return `${formatDuration(length / 1000)} without an event ends it`;
}

/** What a session is, in one sentence. */
export function lengthMeaning(length: SessionLength, stepMs: number): string {
  if (length === 'windows') {
    return `A session is what one visitor does on one device within a window of ${formatDuration(stepMs / 1000)} of the clock (stagger window).`;
  }
  return `A session is what one visitor does on one device with no pause longer than ${formatDuration(length / 1000)} (lag window), exactly, from the same rows.`;
}
