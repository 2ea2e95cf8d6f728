import { options } from './options.ts';

/** An address fit to keep: queries cut to `utm_*` and `keepParams`, no fragment unless it is a route such as `#/cart`. */
export const cleanUrl = (href: string): string =>
  href.replace(/#(?!\/).*/, '').replace(/\?([^#]*)/g, (_, query: string) => {
    const kept = query.split('&').filter((pair) => RegExp(`^(utm_\\w+|${options.keepParams})=`).test(pair));
    return kept[0] ? `?${kept.join('&')}` : '';
  });
