/** Receives the name and properties of what was clicked or submitted. */
export type Tapped = (name: string, properties: Record<string, string>) => void;

const download = /\.(?:pdf|zip|gz|rar|7z|dmg|exe|msi|apk|csv|xlsx?|docx?|pptx?|mp[34])$/i;

/**
 * Watches clicks and submits of the whole page. An element tagged `data-tap-event="name"` reports that name with
 * its `data-tap-*` attributes; a link without a tag reports `outbound_link` or `file_download`.
 * Only looks: never prevents or delays what the click does. https://github.com/umami-software/umami/issues/3144
 */
export function tapClicks(tapped: Tapped, linkUrl: (href: string) => string): void {
  const look = (event: Event): void => {
    // Buttons other than left and middle open menus, not links.
    if ((event as MouseEvent).button > 1) return;
    for (const target of event.composedPath()) {
      const { tagName, attributes } = target as Element;
      if (!attributes || (tagName === 'FORM') !== (event.type === 'submit')) continue;
      const name = attributes.getNamedItem('data-tap-event')?.value;
      if (name) return tapped(name, tapProperties(attributes));
      if (tagName === 'A' && tapLink(target as HTMLAnchorElement, tapped, linkUrl)) return;
    }
  };
  // Capturing, so that a handler that stops the event does not hide it.
  for (const type of ['click', 'auxclick', 'submit']) document.addEventListener(type, look, true);
}

/** `data-tap-beer-id="3"` is the property `beer_id`. */
function tapProperties(attributes: NamedNodeMap): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const { name, value } of attributes) {
    if (name.startsWith('data-tap-') && name !== 'data-tap-event')
      properties[name.slice(9).replaceAll('-', '_')] = value;
  }
  return properties;
}

/** Whether the link leads out or to a file. */
function tapLink(link: HTMLAnchorElement, tapped: Tapped, linkUrl: (href: string) => string): boolean {
  const file = link.hasAttribute('download') || download.test(link.pathname);
  const leads = file || (!!link.host && link.host !== location.host);
  if (leads) tapped(file ? 'file_download' : 'outbound_link', { url: linkUrl(link.href) });
  return leads;
}
