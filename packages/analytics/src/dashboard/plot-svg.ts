import { plot, type PlotOptions } from '@observablehq/plot';

/**
 * Draws with Observable Plot, without the style element it puts into each picture: a policy of
 * `style-src 'self'` refuses that, and the elements' own sheet says the same.
 */
export function plotSvg(options: PlotOptions): Element {
  const drawn = plot(options);
  for (const style of drawn.querySelectorAll('style')) style.remove();
  // A label without a role says nothing to a reader, so the name of a group of marks goes where only code looks.
  for (const group of drawn.querySelectorAll('g[aria-label]')) {
    group.setAttribute('data-marks', group.getAttribute('aria-label') ?? '');
    group.removeAttribute('aria-label');
  }
  return drawn;
}
