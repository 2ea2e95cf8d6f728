/**
 * An address fit to keep: query cut to `utm_*` and the names in `keep`, no password, no fragment unless it is a
 * route such as `#/cart`. At most 2,048 characters. '' for what is no address.
 */
export function cleanUrl(href: string, keep: readonly string[]): string {
  try {
    const url = new URL(href);
    const kept = [...url.searchParams].filter(([name]) => name.startsWith('utm_') || keep.includes(name));
    url.search = `${new URLSearchParams(kept)}`;
    url.username = url.password = '';
    url.hash = /^#\/[^?]*/.exec(url.hash)?.[0] ?? '';
    return url.href.slice(0, 2048);
  } catch {
    return '';
  }
}
