import { cleanUrl } from './clean-url.ts';
import { listen } from './listen.ts';
import { track } from './queue.ts';

const file = /\.(pdf|zip|gz|dmg|exe|apk|csv|(doc|xls|ppt)x?|mp[34])$/i;

/**
 * Watches clicks and submits of the whole page. An element tagged `data-tap-event="name"` reports that name with
 * its `data-tap-*` attributes; a link without a tag reports `outbound_link` or `file_download`.
 * Only looks: never prevents or delays what the click does. https://github.com/umami-software/umami/issues/3144
 */
export function tapClicks(): void {
  listen('click auxclick submit', (event) => {
    // The right button opens a menu, not a link.
    if ((event as MouseEvent).button > 1) return;
    for (const target of event.composedPath() as HTMLAnchorElement[]) {
      const { dataset, tagName, hostname, pathname } = target;
      const name = dataset?.tapEvent;
      // A click in a form is not yet its submit.
      if (name && (tagName === 'FORM') === (event.type === 'submit'))
        return track(name, tapProperties(target.attributes));
      // `hostname` is empty in mailto: and missing in what is no link.
      if (hostname) {
        const isFile = target.download || file.test(pathname);
        if (isFile || hostname !== location.hostname)
          return track(isFile ? 'file_download' : 'outbound_link', { url: cleanUrl(target.href) });
      }
    }
  });
}

/** `data-tap-beer-id="3"` is the property `beer_id`. */
function tapProperties(attributes: NamedNodeMap): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const { name, value } of attributes)
    if (/^data-tap-(?!event$)/.test(name)) properties[name.slice(9).replaceAll('-', '_')] = value;
  return properties;
}
