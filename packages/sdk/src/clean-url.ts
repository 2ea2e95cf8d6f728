import { options } from './options.ts';

/**
 * An address fit to keep: queries cut to `utm_*` and `keepParams`, no fragment unless it is a route such as `#/cart`. Of
 * `keepParams` what is no list of names, such as `*`, is left out: as an expression it could throw into the page.
 */
export const cleanUrl = (href: string): string =>
  href.replace(
    /#(?!\/).*|\?[^#]*/g,
    (part) =>
      part
        .match(RegExp(`[?&](utm_\\w+|${options.keepParams.match(/[\w|-]*/) as unknown as string})=[^&]*`, 'g'))
        ?.join('')
        .replace(/./, '?') ?? '',
  );
