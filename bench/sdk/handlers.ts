/** What an SDK costs the page and the network in use. */
import type { openChromium } from '../../test/browser/src/index.ts';
import { openSite } from './site.ts';

type Browser = Awaited<ReturnType<typeof openChromium>>;

export interface Handlers {
  /** Median microseconds inside a click's dispatch, and inside a call. */
  click: number;
  call: number;
}

export interface SteadyUse {
  bytesPerClick: number;
  postsPer2s: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Each click and each call in a task of its own. */
export async function handlers(browser: Browser, script: string): Promise<Handlers> {
  const site = await openSite(script);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(site.url);
    await page.waitForFunction('window.call');
    await sleep(300);
    return await page.evaluate(async () => {
      const { call, b } = globalThis as unknown as { call(name: string): void; b: { click(): void } };
      const median = async (act: () => void): Promise<number> => {
        const times: number[] = [];
        for (let n = 0; n < 220; n += 1) {
          await new Promise((resolve) => setTimeout(resolve, 3));
          const startedAt = performance.now();
          act();
          if (n >= 20) times.push(performance.now() - startedAt);
        }
        return times.sort((a, b) => a - b)[100]! * 1000;
      };
      return { click: await median(() => b.click()), call: await median(() => call('timed')) };
    });
  } finally {
    await context.close();
    site.close();
  }
}

/** Two tabs in which the button is clicked twice a second, for 12 s; page views are over by then. */
export async function steadyUse(browser: Browser, script: string): Promise<SteadyUse> {
  const site = await openSite(script);
  const context = await browser.newContext();
  try {
    const pages = [await context.newPage(), await context.newPage()];
    for (const page of pages) await page.goto(site.url);
    await sleep(4000);
    const before = site.bodies.length;
    let clicks = 0;
    for (const until = Date.now() + 12_000; Date.now() < until; await sleep(500))
      for (const page of pages) {
        await page.evaluate('b.click()');
        clicks += 1;
      }
    const during = site.bodies.length - before;
    await sleep(4000);
    const bytes = site.bodies.slice(before).reduce((sum, length) => sum + length, 0);
    return { bytesPerClick: bytes / clicks, postsPer2s: during / 6 };
  } finally {
    await context.close();
    site.close();
  }
}
