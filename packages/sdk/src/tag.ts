/**
 * The script-tag file: reads its options from `data-*`, starts, and runs the calls that waited in `window.taphouse`.
 *
 * `<script src="/sdk/taphouse.js" data-write-key="demo" async></script>`
 */
import { type Client, init } from './client.ts';
import type { Options } from './options.ts';

type Call = [keyof Client, ...unknown[]];

const script = document.currentScript as HTMLScriptElement | null;
const page = window as { taphouse?: Call[] | (Client & { push: (...calls: Call[]) => void }) };
const waiting = page.taphouse;

if (!waiting || Array.isArray(waiting)) {
  const options: Record<string, unknown> = { endpoint: script ? new URL(script.src).origin : undefined };
  for (const [name, text] of Object.entries(script?.dataset ?? {}))
    options[name] = text === '' || text === 'true' || (text !== 'false' && text);
  const client = init(options as Options);
  const push = (...calls: Call[]): void => {
    for (const [name, ...values] of calls) (client[name] as (...values: unknown[]) => void)(...values);
  };
  page.taphouse = { ...client, push };
  push(...(waiting ?? []));
}
