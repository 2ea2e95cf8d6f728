import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

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
  const own = wanted ?? known.find((path) => existsSync(path));
  if (own && own !== 'package') return chromium.launch({ executablePath: own, args: quiet });
  return openPackaged();
}

async function openPackaged(): Promise<Browser> {
  // The package unpacks the libraries it needs only where it believes to be in Lambda.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs24.x';
  const { default: packaged } = await import('@sparticuz/chromium');
  packaged.setGraphicsMode = false;
  const notOurs = /^--(headless|single-process|no-zygote|user-data-dir)/;
  return chromium.launch({
    executablePath: await packaged.executablePath(),
    args: [...packaged.args.filter((flag) => !notOurs.test(flag)), ...quiet],
  });
}
