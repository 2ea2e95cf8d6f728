import { options } from './options.ts';

/** An address fit to keep: queries cut to `utm_*` and `keepParams`, no fragment unless it is a route such as `#/cart`. */
export const cleanUrl = (href: string): string =>
  href.replace(
    /#(?!\/).*|\?[^#]*/g,
    (part) =>
      part
        .match(RegExp(`[?&](utm_\\w+|${options.keepParams})=[^&]*`, 'g'))
        ?.join('')
        .replace(/./, '?') ?? '',
  );
