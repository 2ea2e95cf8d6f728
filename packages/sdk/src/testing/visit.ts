import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Client } from '../client.ts';
import type { Tab } from './scenarios.ts';
import { openScene, type Scene } from './scene.ts';

/** A visitor with a browser profile of their own, on a site of their own. */
export interface Visit {
  scene: Scene;
  context: BrowserContext;
  /** A tab with the SDK started. */
  open: (path?: string) => Promise<Page>;
}

/** What pages of a scene have on window. */
export interface SdkWindow {
  taphouse: Client;
}

/** Plays a visit; fails if anything was thrown into a page. */
export async function visit(browser: Browser, act: (visit: Visit) => Promise<void>): Promise<void> {
  const scene = await openScene();
  const context = await browser.newContext();
  const errors: unknown[] = [];
  context.on('weberror', (error) => errors.push(error.error()));
  const open = async (path = '/'): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(scene.url + path);
    await page.waitForFunction('window.taphouse?.track');
    return page;
  };
  try {
    await act({ scene, context, open });
    expect(errors).toEqual([]);
  } finally {
    await context.close();
    await scene.close();
  }
}

/** Tracks `name` `count` times in one task. */
export const track = (page: Page, name: string, count: number): Promise<void> =>
  page.evaluate(
    ([name, count]) => {
      for (let n = 0; n < count; n += 1) (window as unknown as SdkWindow).taphouse.track(name, { n });
    },
    [name, count] as const,
  );

/** Whether text that matches is kept on the device, in whatever form; an event's name, for one that may be sent again. */
export const keeps = async (page: Tab, pattern: string): Promise<boolean> =>
  (await page.evaluate(
    `(() => { try { return /${pattern}/.test(JSON.stringify(Object.entries(localStorage))) } catch { return false } })()`,
  )) === true;

/** The count of different events with this name, and how many copies of any event came. */
export async function outcome(scene: Scene, name: string): Promise<{ events: number; copies: number }> {
  const stored = await scene.stored();
  const ids = new Set(stored.map((event) => event.event_id));
  const named = new Set(stored.filter((event) => event.client_event === name).map((event) => event.event_id));
  return { events: named.size, copies: stored.length - ids.size };
}

/** Resolves when `holds`; fails after `withinMs`. (`expect.poll` knows only one test at a time.) */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
