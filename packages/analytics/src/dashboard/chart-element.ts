import { css, LitElement, type PropertyValues } from 'lit';

import { nameParts } from './name-parts.ts';
import { theme } from './theme.ts';

const offScreenMs = 250;

/** An element that draws to its own width, and again when that changes. */
export abstract class ChartElement extends LitElement {
  static override properties = { width: { state: true } };
  static override styles = [
    theme,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      svg {
        display: block;
        max-width: 100%;
        overflow: visible;
        font-size: 12px;
        color: var(--tap-muted);
      }
      svg text,
      svg tspan {
        white-space: pre;
      }
      .mark {
        cursor: pointer;
      }
      .mark:hover {
        filter: brightness(1.12);
      }
      .mark:focus-visible {
        outline: 2px solid var(--tap-text);
        outline-offset: 1px;
      }
    `,
  ];

  declare width: number;
  readonly #watch = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0) this.width = width;
  });

  /** True while some of it is on screen, or it is not known. */
  #onScreen = true;
  readonly #look = new IntersectionObserver(([entry]) => (this.#onScreen = entry?.isIntersecting ?? true));

  constructor() {
    super();
    this.width = 0;
  }

  /**
   * A first picture waits until the numbers are on screen. Later, pictures nobody sees wait a moment, so that a slider
   * under the hand draws only what is on screen.
   */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    if (!this.#onScreen && this.hasUpdated) await new Promise((done) => setTimeout(done, offScreenMs));
    void super.scheduleUpdate();
  }

  /** Who stands on a mark stays on it when the picture is drawn again, as with each reading of the lake. */
  protected override update(changed: PropertyValues): void {
    const at = this.#marks().indexOf(this.shadowRoot?.activeElement as SVGElement);
    super.update(changed);
    if (at >= 0) void this.updateComplete.then(() => this.#standOn(at));
  }

  #marks(): SVGElement[] {
    return [...this.renderRoot.querySelectorAll<SVGElement>('.mark')];
  }

  #standOn(at: number): void {
    const marks = this.#marks();
    const mark = marks[Math.min(at, marks.length - 1)];
    for (const each of marks) each.setAttribute('tabindex', each === mark ? '0' : '-1');
    if (this.shadowRoot?.activeElement !== mark) mark?.focus();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watch.observe(this);
    this.#look.observe(this);
  }

  override disconnectedCallback(): void {
    this.#watch.disconnect();
    this.#look.disconnect();
    super.disconnectedCallback();
  }

  protected override performUpdate(): void {
    super.performUpdate();
    nameParts(this.renderRoot);
  }

  protected override shouldUpdate(_changed: PropertyValues): boolean {
    return this.width > 0;
  }
}

const shades = 5;

/** The class of a shade: the nearer an amount is to the most there is, the stronger. */
export function shadeOf(amount: number, most: number): string {
  return `s${Math.min(shades - 1, Math.floor((amount / most) * shades))}`;
}

/** The fills of `shadeOf`, from light to strong. */
export const shadeStyles = css`
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
`;
