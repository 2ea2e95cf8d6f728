/**
 * Real browsers for tests. Chromium: the machine's own if it has one, else the one inside a registry package, so that
 * `npm test` needs nothing installed by hand. Firefox: the machine's own, or none.
 */
export { findChromium, openChromium, openProfile, openWholeChromium } from './chromium.ts';
export { findFirefox, openFirefox } from './firefox.ts';
