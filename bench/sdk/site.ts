/** A page with one SDK on it, and one endpoint for all protocols that counts the events it took. */
import type { IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type Answer, type Gate, openGate } from '../../packages/sdk/src/testing/gate.ts';
import { button, tag } from './peers.ts';

export interface Site extends Gate {
  /** How often each event name of the form `ev_N_` was taken. */
  taken: Map<string, number>;
  /** Lengths of all bodies that came. */
  bodies: number[];
}

/** Cross-origin isolation, for timers of 5 us. */
const headers = {
  'Content-Type': 'text/html',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export async function openSite(script: string): Promise<Site> {
  const taken = new Map<string, number>();
  const bodies: number[] = [];
  const gate = await openGate({
    get: (url) =>
      url === '/own.js'
        ? { status: 200, headers: { 'Content-Type': 'text/javascript' }, body: script }
        : { status: 200, headers, body: page },
    heard: (_, body) => void bodies.push(body.length),
    take(request, body) {
      const text = decodeURIComponent(`${request.url}`.replaceAll('%', '%25')) + bodyText(body, request);
      // One event may carry its name more than once.
      for (const name of new Set(text.match(/ev_\d+_/g) ?? [])) taken.set(name, (taken.get(name) ?? 0) + 1);
      return answer(request, text);
    },
  });
  return Object.assign(gate, { taken, bodies });
}

const page = `<!doctype html><title>s</title>${button}<a id="two" href="/two">two</a><script src="/own.js" ${tag}></script>`;

function bodyText(body: Buffer, { headers, url = '' }: IncomingMessage): string {
  if (body[0] === 0x1f && body[1] === 0x8b) return gunzipSync(body).toString();
  if (headers['content-encoding'] === 'br') return brotliDecompressSync(body).toString();
  const text = body.toString();
  const data = /(?:^|&)data=([^&]*)/.exec(text)?.[1];
  if (!data || url.includes('json')) return text;
  const plain = decodeURIComponent(data);
  return plain.startsWith('{') || plain.startsWith('[') ? plain : Buffer.from(plain, 'base64').toString();
}

/** What each peer takes for success. */
function answer({ url = '' }: IncomingMessage, text: string): Answer {
  const batch = /"batch_id":"([\w-]+)"/.exec(text)?.[1];
  if (url.startsWith('/v1/events'))
    return {
      status: 204,
      headers: { 'Set-Cookie': `taphouse_ack_${batch}=1; Path=/; Max-Age=600; SameSite=Lax` },
      body: '',
    };
  const body = url.startsWith('/v1/limits') ? '{}' : '{"status":1,"code":200,"accepted":1}';
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
}
