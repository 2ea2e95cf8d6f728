import type { Gate } from './gate.ts';

/** A tab of a browser, as Playwright and Puppeteer have it. */
export interface Tab {
  goto: (url: string) => Promise<unknown>;
  evaluate: (script: string) => Promise<unknown>;
  click: (selector: string) => Promise<unknown>;
  reload: () => Promise<unknown>;
  close: (options: { runBeforeUnload: boolean }) => Promise<void>;
}

/** What a scenario plays on: a site with some SDK on its pages, and a visitor with a browser profile of their own. */
export interface Stage<T extends Tab = Tab> {
  gate: Pick<Gate, 'weather'>;
  context: {
    /** Runs in each page before its own scripts. */
    addInitScript: (script: string) => Promise<unknown>;
    setOffline: (offline: boolean) => Promise<unknown>;
  };
  /** How long bad weather lasts, milliseconds. */
  badMs: number;
  /** A tab with the SDK started. */
  open: (path?: string) => Promise<T>;
  /** Leads a tab to another page of the site, with the SDK started. */
  go: (tab: T, path: string) => Promise<T>;
  /** Tracks that many events in one task, each with a name of its own. */
  track: (tab: T, count: number) => Promise<void>;
  /** Tracks one event that is more than 3,000 bytes long. */
  trackLarge: (tab: T) => Promise<void>;
  /** Clicks the link to /two, in whose click that many events are tracked. */
  leaveByLink: (tab: T, count: number) => Promise<void>;
}

export interface Scenario {
  name: string;
  /** Ends with a tab of the site that stays open, and with a collector that is fair. */
  play: <T extends Tab>(stage: Stage<T>) => Promise<T>;
  /** How many events can never be taken: each must be reported as dropped. */
  drops?: number;
}

/** As the collector says it. */
const unwritable = '{"accepted":0,"rejected":[],"reason":"stream: not writable"}';
const tooMany = '{"accepted":0,"rejected":[],"reason":"rate: too many requests"}';
const tooLarge = '{"accepted":0,"rejected":[],"reason":"body: too large"}';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** An hour later, or back. Only `Date` jumps: timers and `performance.now` count on, as they do in browsers. */
const jump = (tab: Tab, ms: number): Promise<unknown> => tab.evaluate(`jumpMs = ${ms}`);

/** Bad weather from the start, in which `count` events are tracked and the page is left; then fair. */
async function leaveInBadWeather<T extends Tab>(
  { gate, badMs, open, go, track }: Stage<T>,
  weather: Gate['weather'],
): Promise<T> {
  gate.weather = weather;
  const page = await open();
  await track(page, 20);
  await sleep(badMs);
  await go(page, '/two');
  await sleep(badMs);
  gate.weather = 'fair';
  await track(page, 1);
  return page;
}

/** What is done to an SDK. A to E are the letters of the comparison in bench/RESULTS.md. */
export const scenarios: Scenario[] = [
  {
    name: 'A: a burst, then a navigation',
    async play({ open, go, track }) {
      const page = await open();
      await track(page, 20);
      return go(page, '/two');
    },
  },
  {
    name: 'B: a click on a link',
    async play({ open, leaveByLink }) {
      const page = await open();
      await leaveByLink(page, 5);
      return page;
    },
  },
  {
    name: 'C: 503 for a while',
    async play({ gate, badMs, open, track }) {
      gate.weather = { status: 503, headers: { 'Retry-After': '1' }, body: unwritable };
      const page = await open();
      await track(page, 20);
      await sleep(badMs);
      gate.weather = 'fair';
      await track(page, 1);
      return page;
    },
  },
  { name: 'D: collector down, a navigation', play: (stage) => leaveInBadWeather(stage, 'down') },
  {
    name: 'E: collector down, one of two tabs closed',
    async play({ gate, badMs, open, track }) {
      gate.weather = 'down';
      const [one, two] = [await open(), await open('/two')];
      await track(one, 20);
      await track(two, 20);
      await sleep(badMs);
      await one.close({ runBeforeUnload: true });
      await sleep(500);
      gate.weather = 'fair';
      await track(two, 1);
      return two;
    },
  },
  {
    name: 'storage full',
    async play({ context, open, go, track }) {
      await context.addInitScript("try { localStorage.site ??= 'x'.repeat(5 * 1024 * 1024 - 30) } catch {}");
      const page = await open();
      await track(page, 20);
      await go(page, '/two');
      await track(page, 5);
      return page;
    },
  },
  {
    name: 'storage blocked',
    async play({ context, open, go, track }) {
      await context.addInitScript(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })",
      );
      const page = await open();
      await track(page, 20);
      await go(page, '/two');
      await track(page, 5);
      return page;
    },
  },
  {
    name: 'offline, then a reload',
    async play({ context, badMs, open, go, track }) {
      const page = await open();
      await context.setOffline(true);
      await track(page, 20);
      await sleep(badMs);
      // The browser's own page without a network takes the place of the site's.
      await page.reload().catch(() => undefined);
      await context.setOffline(false);
      return go(page, '/');
    },
  },
  {
    name: 'two tabs closed together',
    async play({ open, track }) {
      const [one, two] = [await open(), await open('/two')];
      await Promise.all([track(one, 20), track(two, 20)]);
      await Promise.all([one.close({ runBeforeUnload: true }), two.close({ runBeforeUnload: true })]);
      return open();
    },
  },
  {
    name: 'the clock jumps an hour, and back',
    async play({ gate, context, badMs, open, go, track }) {
      await context.addInitScript('{ jumpMs = 0; const now = Date.now; Date.now = () => now() + jumpMs }');
      gate.weather = 'down';
      const page = await open();
      await track(page, 5);
      await sleep(badMs);
      await jump(page, 3_600_000);
      await track(page, 5);
      gate.weather = 'fair';
      await sleep(badMs);
      await jump(page, 0);
      await track(page, 5);
      return go(page, '/two');
    },
  },
  {
    name: '413 above 1,500 bytes',
    async play({ gate, badMs, open, go, track }) {
      gate.weather = { status: 413, aboveBytes: 1500, body: tooLarge };
      const page = await open();
      await track(page, 10);
      await sleep(badMs);
      await go(page, '/two');
      await track(page, 1);
      return page;
    },
  },
  {
    name: '413, and an event that never fits',
    drops: 1,
    async play({ gate, open, track, trackLarge }) {
      gate.weather = { status: 413, aboveBytes: 2500, body: tooLarge };
      const page = await open();
      await track(page, 2);
      await trackLarge(page);
      await track(page, 1);
      return page;
    },
  },
  {
    name: '429',
    play: (stage) => leaveInBadWeather(stage, { status: 429, headers: { 'Retry-After': '1' }, body: tooMany }),
  },
  { name: '503, a navigation', play: (stage) => leaveInBadWeather(stage, { status: 503, body: unwritable }) },
  { name: 'captive portal that answers 200', play: (stage) => leaveInBadWeather(stage, 'captive') },
  { name: 'hung connections', play: (stage) => leaveInBadWeather(stage, 'hung') },
];
