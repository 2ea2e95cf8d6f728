/**
 * The script-tag file: reads its options from `data-*`, starts, and runs the calls that waited in `window.taphouse`.
 *
 * `<script src="/sdk/taphouse.js" data-write-key="demo" async></script>`
 */
import { type Client, start } from './client.ts';
import type { Options } from './options.ts';

type Call = [keyof Client, ...unknown[]];

declare global {
  interface Window {
    taphouse?: Call[] & Partial<Client>;
  }
}

const { src, dataset } = (document.currentScript ?? {}) as Partial<HTMLScriptElement>;
const waiting = window.taphouse ?? [];

// Included twice, the first goes on.
if (!waiting.track) {
  const client = start({ endpoint: src && new URL(src).origin, ...(dataset as object) } as Options);
  const push = ([name, ...values]: Call): void => (client[name] as (...values: unknown[]) => void)(...values);
  waiting.forEach(push);
  window.taphouse = { ...client, push } as never;
}
