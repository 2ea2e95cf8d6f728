import type { Scene } from './scene.ts';
import type { Stage, Tab } from './scenarios.ts';

/** A visitor's browser, as far as scenarios need it: Playwright's and Puppeteer's both fit. */
export interface Visitor<T extends Tab> {
  context: Stage<T>['context'];
  newTab: () => Promise<T>;
}

/** A stage of a scene with the SDK by script tag, and how many events it has tracked, page views among them. */
export type Counted<T extends Tab> = Stage<T> & { tracked: () => number };

export function setStage<T extends Tab>(scene: Scene, { context, newTab }: Visitor<T>, badMs: number): Counted<T> {
  let views = 0;
  let named = 0;
  const calls = (count: number): string => {
    const names = Array.from({ length: count }, () => `tap_${(named += 1)}_`);
    return `${JSON.stringify(names)}.forEach((name) => taphouse.track(name))`;
  };
  const started = async (tab: T, path: string): Promise<T> => {
    const there = `location.pathname === '${path}' && !!window.taphouse?.track`;
    // A page on its way out cannot be asked.
    while (!(await tab.evaluate(there).catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 20));
    views += 1;
    return tab;
  };
  const go = async (tab: T, path: string): Promise<T> => {
    await tab.goto(scene.url + path);
    return started(tab, path);
  };
  return {
    gate: scene,
    context,
    badMs,
    tracked: () => views + named,
    open: async (path = '/') => go(await newTab(), path),
    go,
    track: async (tab, count) => void (await tab.evaluate(calls(count))),
    async trackLarge(tab) {
      const texts = "{ a: 'x'.repeat(1000), b: 'x'.repeat(1000), c: 'x'.repeat(1000) }";
      await tab.evaluate(`taphouse.track('tap_${(named += 1)}_', ${texts})`);
    },
    async leaveByLink(tab, count) {
      await tab.evaluate(`two.addEventListener('click', () => ${calls(count)})`);
      await tab.click('#two');
      await started(tab, '/two');
    },
  };
}
