import { expect, it } from 'vitest';
import { createCollector } from './collector.ts';
import { openApi } from './open-api.ts';

const app = createCollector({
  stream: { append: async () => {} },
  deadLetters: { append: async () => {} },
  live: { subscribe: () => () => {} },
});

it('names every route of the collector and no other', async () => {
  const routes: string[] = [];
  for (const { method, path } of app.routes) {
    // A Request can not be a TRACE; a preflight is part of POST.
    if (method === 'TRACE' || method === 'OPTIONS') continue;
    const { status } = await app.request(path, { method });
    if (status !== 405 && status !== 404) routes.push(`${method} ${path}`);
  }
  const document = Object.entries(openApi('/v1', { live: true }).paths as Record<string, object>).flatMap(
    ([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(document.toSorted()).toEqual(routes.toSorted());
});

it('names a live stream only where there is one', () => {
  expect(Object.keys(openApi('/v1', { live: false }).paths as object)).not.toContain('/v1/live');
});

it('refers only to schemas it has', async () => {
  const text = await (await app.request('/v1/openapi.json')).text();
  const { components } = JSON.parse(text) as { components: { schemas: object } };
  const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(5);
  expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(names));
});

it('moves with the prefix', () => {
  expect(Object.keys(openApi('/tap', { live: false }).paths as object)).toContain('/tap/events');
});
