import { cleanUrl } from './clean-url.ts';
import { listen } from './listen.ts';
import { track } from './queue.ts';

const file = /\.(pdf|zip|exe|dmg|csv|docx?|xlsx?|mp[34])$/i;

/**
 * Watches clicks and submits of the whole page. An element tagged `data-tap-event="name"` reports that name with
 * its `data-tap-*` attributes; a link without a tag reports `outbound_link` or `file_download`.
 * Only looks: never prevents or delays what the click does. https://github.com/umami-software/umami/issues/3144
 */
export function tapClicks(): void {
  listen('click auxclick submit', (event) => {
    const { button } = event as MouseEvent;
    // The right button opens a menu, not a link.
    if (button > 1) return;
    for (const target of event.composedPath() as HTMLFormElement[]) {
      // `data-tap-beer-id="3"` is the property `beer_id`.
      const taps: Record<string, string> = {};
      for (const name of target.getAttributeNames?.() ?? [])
        if (name.startsWith('data-tap-'))
          taps[name.slice(9).replaceAll('-', '_')] = target.getAttribute(name) as string;
      const { event: name, ...properties } = taps;
      // A click in a form is not yet its submit, which has no button.
      if (name && !target.submit === button >= 0) return track(name, properties);
      // Of what is no link it is no address: an SVG link has an object, a form may have a field of that name.
      if (/^https?:/.test(target.href)) {
        const isFile = target.hasAttribute('download') || file.test(target.pathname);
        if (isFile || target.host !== location.host)
          return track(isFile ? 'file_download' : 'outbound_link', { url: cleanUrl(target.href) });
      }
    }
  });
}
