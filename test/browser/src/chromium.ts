import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import type { Browser as WholeBrowser } from 'puppeteer-core';

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts Chromium without a window.
 *
 * @param wanted path of an executable, or `package`: the packaged one even where the machine has its own. It is a
 *   browser that never had windows, and opens a page for half the CPU time: for many at once. Default: `TAPHOUSE_CHROMIUM`
 */
export async function openChromium(wanted = process.env.TAPHOUSE_CHROMIUM): Promise<Browser> {
  return chromium.launch(await startOptions(wanted));
}

/**
 * The same as people have it: with a profile in a folder, which keeps what was compiled of a page beside what was
 * fetched. A context of `openChromium` keeps the latter only.
 */
export async function openProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, await startOptions(process.env.TAPHOUSE_CHROMIUM));
}

async function startOptions(wanted: string | undefined): Promise<{ executablePath: string; args: string[] }> {
  const own = wanted ?? findChromium();
  if (own && own !== 'package') return { executablePath: own, args: quiet };
  const packaged = await packagedChromium();
  const notOurs = /^--(headless|single-process|no-zygote|user-data-dir)/;
  return {
    executablePath: await packaged.executablePath(),
    args: [...packaged.args.filter((flag) => !notOurs.test(flag)), ...quiet],
  };
}

/** The machine's own Chromium; undefined where it has none. */
export const findChromium = (): string | undefined => known.find((path) => existsSync(path));

/**
 * Starts Chromium by Puppeteer, with what Playwright switches off: prerendering, and, in the machine's own, the
 * back/forward cache.
 */
export async function openWholeChromium(): Promise<WholeBrowser> {
  const { launch } = await import('puppeteer-core');
  const own = findChromium();
  if (own) return launch({ executablePath: own, args: quiet });
  const packaged = await packagedChromium();
  return launch({ executablePath: await packaged.executablePath(), args: quiet, headless: 'shell' });
}

async function packagedChromium() {
  // The package unpacks the libraries it needs only where it believes to be in Lambda.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs24.x';
  const { default: packaged } = await import('@sparticuz/chromium');
  packaged.setGraphicsMode = false;
  return packaged;
}
