import { options } from './options.ts';

/** An address fit to keep: queries cut to `utm_*` and `keepParams`, no fragment unless it is a route such as `#/cart`. */
export function cleanUrl(href: string): string {
  const kept = new RegExp(`^(utm_\\w+|${options.keepParams})=`);
  return href.replace(/#(?!\/).*/, '').replace(/\?([^#]*)/g, (_, query: string) => {
    const pairs = query.split('&').filter((pair) => kept.test(pair));
    return pairs[0] ? `?${pairs.join('&')}` : '';
  });
}
