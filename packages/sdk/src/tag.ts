/**
 * The script-tag file: reads its options from `data-*`, starts, and runs the calls that waited in `window.taphouse`.
 *
 * `<script src="/sdk/taphouse.js" data-write-key="demo" async></script>`
 */
import { type Client, start, watchPages } from './client.ts';
import type { Options } from './options.ts';

type Call = [keyof Client, ...unknown[]];

/** The client of a page with the script tag takes calls as the array before it did. */
type Tag = Client & { push: (call: Call) => void };

declare global {
  interface Window {
    taphouse?: Call[] & Partial<Client>;
  }
}

const { src, dataset } = (document.currentScript ?? {}) as Partial<HTMLScriptElement>;
const waiting = window.taphouse ?? [];

// Included twice, the first goes on.
if (!waiting.track) {
  const client = start({ endpoint: src && new URL(src).origin, ...(dataset as object) } as Options) as Tag;
  client.push = ([name, ...values]) => (client[name] as ((...values: unknown[]) => void) | undefined)?.(...values);
  waiting.forEach(client.push);
  watchPages();
  window.taphouse = client as never;
}
