import type { LiveMessage } from '@taphouse/schema';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { liveEvents } from './live-feed.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const message: LiveMessage = { event: 'lake', data: { table: 'rawdata', version: 1 } };

/** A feed that counts its viewers. */
function feed() {
  const listeners = new Set<(message: LiveMessage) => void>();
  return {
    listeners,
    send: () => listeners.forEach((listener) => listener(message)),
    subscribe: (listener: (message: LiveMessage) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

it('beats while nothing happens, so that proxies keep the connection', async () => {
  const reader = liveEvents(feed()).getReader();
  const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
  expect(await read()).toBe('retry: 1000\n\n');
  const next = read();
  vi.advanceTimersByTime(15_000);
  expect(await next).toBe(': beat\n\n');
  await reader.cancel();
});

it('lets go of a viewer that does not keep up, rather than hold messages for it without end', async () => {
  const source = feed();
  const stream = liveEvents(source);
  for (let i = 0; i < 1000; i += 1) source.send();
  expect(source.listeners.size).toBe(0);
  let chunks = 0;
  for await (const _ of stream) chunks += 1;
  expect(chunks).toBe(256);
});

it('forgets a viewer that leaves', async () => {
  const source = feed();
  const stream = liveEvents(source);
  expect(source.listeners.size).toBe(1);
  await stream.cancel();
  expect(source.listeners.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
