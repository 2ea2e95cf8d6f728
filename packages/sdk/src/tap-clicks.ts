import { cleanUrl } from './clean-url.ts';
import { listen } from './listen.ts';

/** Receives the name and properties of what was clicked or submitted. */
export type Tapped = (name: string, properties: Record<string, string>) => void;

const file = /\.(pdf|zip|gz|dmg|exe|apk|csv|docx?|xlsx?|pptx?|mp[34])$/i;

/**
 * Watches clicks and submits of the whole page. An element tagged `data-tap-event="name"` reports that name with
 * its `data-tap-*` attributes; a link without a tag reports `outbound_link` or `file_download`.
 * Only looks: never prevents or delays what the click does. https://github.com/umami-software/umami/issues/3144
 */
export function tapClicks(tapped: Tapped): void {
  listen('click auxclick submit', (event) => {
    // The right button opens a menu, not a link.
    if ((event as MouseEvent).button > 1) return;
    for (const target of event.composedPath() as HTMLAnchorElement[]) {
      const { host, download, pathname } = target;
      const name = target.getAttribute?.('data-tap-event');
      // A click in a form is not yet its submit.
      if (name && (target.tagName === 'FORM') === (event.type === 'submit'))
        return tapped(name, tapProperties(target.attributes));
      // `host` is empty in mailto: and missing in what is no link.
      const isFile = host && (download || file.test(pathname));
      if (isFile || (host && host !== location.host && target.href))
        return tapped(isFile ? 'file_download' : 'outbound_link', { url: cleanUrl(target.href) });
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
