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
    // The right button opens a menu, not a link.
    if ((event as MouseEvent).button > 1) return;
    for (const target of event.composedPath() as HTMLFormElement[]) {
      const { event: name, ...properties } = tapProperties(target);
      // A click in a form is not yet its submit.
      if (name && !target.submit === (event.type !== 'submit')) return track(name, properties);
      // `hostname` is empty in mailto: and missing in what is no link; a form may have a field of that name.
      if (target.hostname && target.href?.at) {
        const isFile = target.hasAttribute('download') || file.test(target.pathname);
        if (isFile || target.hostname !== location.hostname)
          return track(isFile ? 'file_download' : 'outbound_link', { url: cleanUrl(target.href) });
      }
    }
  });
}

/** `data-tap-beer-id="3"` is the property `beer_id`. */
function tapProperties(target: HTMLElement): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const name of target.getAttributeNames?.() ?? [])
    if (name.startsWith('data-tap-'))
      properties[name.slice(9).replaceAll('-', '_')] = target.getAttribute(name) as string;
  return properties;
}
