import { plot, type PlotOptions } from '@observablehq/plot';

/**
 * Draws with Observable Plot, without the style element it puts into each picture: a policy of
 * `style-src 'self'` refuses that, and the elements' own sheet says the same.
 */
export function plotSvg(options: PlotOptions): Element {
  const drawn = plot(options);
  for (const style of drawn.querySelectorAll('style')) style.remove();
  return drawn;
}
