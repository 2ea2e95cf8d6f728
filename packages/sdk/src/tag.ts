/**
 * The script-tag file: reads its options from `data-*`, starts, and runs the calls that waited in `window.taphouse`.
 *
 * `<script src="/sdk/taphouse.js" data-write-key="demo" async></script>`
 */
import { type Client, init } from './client.ts';

type Call = [keyof Client, ...unknown[]];

const script = document.currentScript as HTMLScriptElement | null;
const page = window as { taphouse?: Call[] & Partial<Client> };
const waiting = page.taphouse ?? [];

// Included twice, the first goes on.
if (!waiting.track) {
  const options: Record<string, unknown> = { endpoint: script?.src && new URL(script.src).origin };
  for (const name in script?.dataset) {
    const text = script.dataset[name];
    options[name] = text !== 'false' && (text || true);
  }
  const client = init(options);
  const push = ([name, ...values]: Call): void => (client[name] as (...values: unknown[]) => void)(...values);
  waiting.forEach(push);
  page.taphouse = Object.assign(client, { push }) as never;
}
