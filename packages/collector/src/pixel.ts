/** The smallest transparent GIF, 42 bytes. */
export const pixel: Uint8Array<ArrayBuffer> = Uint8Array.from(
  atob('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'),
  (character) => character.charCodeAt(0),
);

/**
 * A batch of one event from the query of `pixel.gif`, for pages without script: fields by their names, properties as
 * `p.size=330`. The time is the arrival and the page is the referer, unless given.
 */
export function pixelBatch(query: URLSearchParams, referer: string | null, receivedAt: number): string {
  const event: Record<string, unknown> = { client_timestamp: receivedAt, page_url: referer };
  const properties: [string, string][] = [];
  for (const [name, value] of query) {
    if (name.startsWith('p.')) properties.push([name.slice(2), value]);
    else if (name === 'client_timestamp' && /^\d+$/.test(value)) event[name] = Number(value);
    else if (name !== 'write_key') event[name] = value;
  }
  event.properties = Object.fromEntries(properties);
  return JSON.stringify({ write_key: query.get('write_key') ?? undefined, events: [event] });
}
