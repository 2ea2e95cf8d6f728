import { html, type TemplateResult } from 'lit';

/**
 * The bar between editor and result: dragged, or moved by arrow keys.
 *
 * @param split the editor's part of the height, 0.15 to 0.85
 */
export function splitter(split: number, set: (split: number) => void): TemplateResult {
  const move = (from: number, by: number): void => set(Math.min(0.85, Math.max(0.15, from + by)));
  return html`<div
    class="splitter"
    role="separator"
    tabindex="0"
    aria-orientation="horizontal"
    aria-label="Height of the editor"
    aria-valuemin="15"
    aria-valuemax="85"
    aria-valuenow=${Math.round(split * 100)}
    @keydown=${(event: KeyboardEvent) => {
      const by = { ArrowUp: -0.04, ArrowDown: 0.04 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      move(split, by);
    }}
    @pointerdown=${(event: PointerEvent) => drag(event, (by) => move(split, by))}
  ></div>`;
}

/** @param moved told how far it is from where it was taken up, as a part of the height */
function drag(event: PointerEvent, moved: (by: number) => void): void {
  const bar = event.currentTarget as HTMLElement;
  const high = bar.parentElement?.clientHeight ?? 1;
  const from = event.clientY;
  const dragged = ({ clientY }: PointerEvent): void => moved((clientY - from) / high);
  bar.setPointerCapture(event.pointerId);
  bar.addEventListener('pointermove', dragged);
  bar.addEventListener('lostpointercapture', () => bar.removeEventListener('pointermove', dragged), { once: true });
}
