/** A site with the SDK on its pages and a real collector behind a gate that fails as told. For tests. */
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { createCollector } from '@taphouse/collector';
import { type ClickEvent, decodeEvents } from '@taphouse/schema';
import { openMemory } from '@taphouse/streams/memory';
import { rollup } from 'rollup';
import { plugins } from '../../rollup.config.ts';
import { type Answer, type Gate, openGate } from './gate.ts';

/** A body that reached the gate. */
export interface Post {
  at: number;
  length: number;
  headers: IncomingMessage['headers'];
  batch: { sent_at: number; dropped?: number; events: { client_event?: string }[] };
  /** By the collector, with 2xx. */
  accepted: boolean;
}

export interface Scene extends Omit<Gate, 'close'> {
  posts: Post[];
  /** More of `<head>` on every page. */
  head: string;
  /** Attributes of the script tag. */
  tag: string;
  /** More scripts, by path. */
  scripts: Record<string, string>;
  /** Headers of pages. */
  pageHeaders: Record<string, string>;
  /** Everything stored, copies included, in order of arrival. */
  stored(): Promise<ClickEvent[]>;
  /** Resolves when `count` different events are stored. */
  settled(count: number, withinMs?: number): Promise<ClickEvent[]>;
  refused: unknown[];
  close(): Promise<void>;
}

let script: Promise<string> | undefined;

/** The script-tag file as `pnpm run pages` writes it. */
export function tagScript(): Promise<string> {
  script ??= rollup({ input: new URL('../tag.ts', import.meta.url).pathname, plugins })
    .then((bundle) => bundle.generate({ format: 'es' }))
    .then(({ output }) => output[0].code);
  return script;
}

export async function openScene(): Promise<Scene> {
  const stream = openMemory();
  const refused: unknown[] = [];
  const collector = createCollector({
    stream,
    deadLetters: { append: async (letters) => void refused.push(...letters) },
  });
  const code = await tagScript();
  const byRequest = new WeakMap<IncomingMessage, Post>();

  const ask = async (url: string, init?: RequestInit): Promise<Answer> => {
    const response = await collector.request(url, init);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  };
  const gate = await openGate({
    get(url) {
      if (url === '/v1/limits') return ask(url);
      const text = url === '/sdk/taphouse.js' ? code : scene.scripts[url];
      return text === undefined ? page() : { status: 200, headers: { 'Content-Type': 'text/javascript' }, body: text };
    },
    heard(request, raw) {
      const { headers } = request;
      const body = headers['content-encoding'] === 'gzip' ? gunzipSync(raw).toString() : raw.toString();
      const post = { at: Date.now(), length: raw.length, headers, batch: JSON.parse(body), accepted: false };
      byRequest.set(request, post);
      scene.posts.push(post);
    },
    async take(request, body) {
      const headers = request.headers as Record<string, string>;
      const answer = await ask(request.url ?? '', { method: 'POST', body: new Uint8Array(body), headers });
      const post = byRequest.get(request);
      if (post) post.accepted = answer.status < 300;
      return answer;
    },
  });

  const page = (): Answer => ({
    status: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8', ...scene.pageHeaders },
    body: `<!doctype html><title>Shop</title>${scene.head}
      ${scene.tag && `<script src="/sdk/taphouse.js" ${scene.tag} async></script>`}
      <button id="cart" data-tap-event="beer_cart" data-tap-beer-id="3">cart</button> <a id="two" href="/two">two</a>`,
  });

  // One object with the gate: what a test sets on it, the gate obeys.
  const closeGate = gate.close;
  const scene: Scene = Object.assign(gate, {
    posts: [],
    head: '',
    tag: 'data-write-key="demo"',
    scripts: {},
    pageHeaders: {},
    refused,
    stored: () => readAll(stream),
    async settled(count: number, withinMs = 30_000): Promise<ClickEvent[]> {
      const until = Date.now() + withinMs;
      for (;;) {
        const events = await readAll(stream);
        if (new Set(events.map((event) => event.event_id)).size >= count || Date.now() > until) return events;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close(): Promise<void> {
      closeGate();
      await stream.close();
    },
  });
  return scene;
}

async function readAll(stream: ReturnType<typeof openMemory>): Promise<ClickEvent[]> {
  for await (const { records } of stream.read('0', { maxRecords: 1_000_000 }))
    return records.flatMap(({ data }) => decodeEvents(data));
  return [];
}
