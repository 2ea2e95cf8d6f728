import { existsSync } from 'node:fs';
import type { Browser } from 'puppeteer-core';

const known = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** The machine's Firefox, or `TAPHOUSE_FIREFOX`; undefined where there is none (no registry package brings one). */
export function findFirefox(): string | undefined {
  return [process.env.TAPHOUSE_FIREFOX ?? '', ...known].find((path) => existsSync(path));
}

/**
 * Starts Firefox without a window, by puppeteer-core: Playwright drives only a Firefox of its own making.
 *
 * @param prefs what `about:config` shows, such as `{ 'privacy.globalprivacycontrol.enabled': true }`
 * @throws Error if the machine has none; ask `findFirefox` first and skip
 */
export async function openFirefox(prefs: Record<string, boolean | number | string> = {}): Promise<Browser> {
  const executablePath = findFirefox();
  if (!executablePath) throw new Error('firefox: not found; apt-get install firefox-esr, or set TAPHOUSE_FIREFOX');
  // Loaded only here: most tests need Chromium alone.
  const { launch } = await import('puppeteer-core');
  return launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox: { ...quiet, ...prefs } });
}

/** No requests of the browser's own. */
const quiet = {
  'app.update.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': '',
};
