/** A site with the SDK on its pages and a real collector behind a gate that fails as told. For tests. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { createCollector } from '@taphouse/collector';
import { type ClickEvent, decodeEvents } from '@taphouse/schema';
import { openMemory } from '@taphouse/streams/memory';
import { rollup } from 'rollup';
import { plugins } from '../../rollup.config.ts';

/** What happens to a POST: stored and answered, or one of the ways in which it is not. */
export type Weather =
  | 'fair'
  /** The connection is cut before the collector sees anything. */
  | 'down'
  /** No answer, ever. */
  | 'hung'
  /** A login page with status 200. */
  | 'captive'
  /** Stored, and the answer is lost on its way. */
  | 'answer lost'
  | { status: number; headers?: Record<string, string>; body?: string };

export interface Scene {
  url: string;
  weather: Weather;
  /** Milliseconds before the collector's answer leaves. */
  latencyMs: number;
  /** Bodies that reached the gate, when, and their lengths. */
  posts: {
    at: number;
    length: number;
    headers: IncomingMessage['headers'];
    batch: { dropped?: number; events: { client_event?: string }[] };
  }[];
  /** Methods and paths of every request. */
  requests: string[];
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
    .then((bundle) => bundle.generate({ format: 'iife' }))
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
  const scene: Scene = {
    url: '',
    weather: 'fair',
    latencyMs: 0,
    posts: [],
    requests: [],
    head: '',
    tag: 'data-write-key="demo"',
    scripts: {},
    pageHeaders: {},
    refused,
    stored: () => readAll(stream),
    async settled(count, withinMs = 30_000) {
      const until = Date.now() + withinMs;
      for (;;) {
        const events = await readAll(stream);
        if (new Set(events.map((event) => event.event_id)).size >= count || Date.now() > until) return events;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await stream.close();
    },
  };

  const answerPage = (response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...scene.pageHeaders });
    response.end(`<!doctype html><title>Shop</title>${scene.head}
      ${scene.tag && `<script src="/sdk/taphouse.js" ${scene.tag} async></script>`}
      <button id="cart" data-tap-event="beer_cart" data-tap-beer-id="3">cart</button> <a id="two" href="/two">two</a>`);
  };

  const events = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw).toString() : raw.toString();
    const { weather, latencyMs } = scene;
    scene.posts.push({ at: Date.now(), length: raw.length, headers: request.headers, batch: JSON.parse(body) });
    if (weather === 'down') return void request.socket.destroy();
    if (weather === 'hung') return;
    if (weather === 'captive') return answerPage(response);
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    if (typeof weather === 'object')
      return void response.writeHead(weather.status, weather.headers).end(weather.body ?? '');
    const answer = await collector.request(request.url ?? '', {
      method: 'POST',
      body: raw,
      headers: request.headers as Record<string, string>,
    });
    if (weather === 'answer lost') return void request.socket.destroy();
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  };

  const answerLimits = async (response: ServerResponse): Promise<void> => {
    const answer = await collector.request('/v1/limits');
    response.writeHead(200, Object.fromEntries(answer.headers)).end(await answer.text());
  };

  const server = createServer((request, response) => {
    const { method, url = '/' } = request;
    scene.requests.push(`${method} ${url}`);
    if (method === 'POST') events(request, response).catch(() => response.destroy());
    else if (url === '/v1/limits') void answerLimits(response);
    else if (url === '/sdk/taphouse.js' || scene.scripts[url])
      response.setHeader('Content-Type', 'text/javascript').end(scene.scripts[url] ?? code);
    else answerPage(response);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  scene.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return scene;
}

async function readAll(stream: ReturnType<typeof openMemory>): Promise<ClickEvent[]> {
  for await (const { records } of stream.read('0', { maxRecords: 1_000_000 }))
    return records.flatMap(({ data }) => decodeEvents(data));
  return [];
}
