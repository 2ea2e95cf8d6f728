import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What each SDK does in the bench: starts with page views and clicks on, and puts `call(name)` on window. */
export interface Peer {
  /** What the entry imports, as the registry names it. */
  name: string;
  /** The page's own script, bundled and minified. */
  entry: string;
}

const own = new URL('../../packages/sdk/src/index.ts', import.meta.url).pathname;

/** Of a package as installed here; of taphouse and of no SDK, none. */
export function versionOf({ name }: Peer): string {
  if (name === 'umami') return umamiVersion;
  const file = join(import.meta.dirname, '../node_modules', name, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : '';
}

/** Attributes of the button: each SDK finds its own. */
export const button = `<button id="b" data-tap-event="click" data-umami-event="click" data-track="click" class="track plausible-event-name=click">b</button>`;

/** Attributes of the script tag, of which umami reads its own. */
export const tag = 'data-website-id="a"';

/** The registry's last; later ones are on GitHub only. */
const umamiVersion = '2.10.0';

/** The tracker in the package of umami's server, whose other 1,000 files and dependencies are not installed. */
function umamiTracker(): string {
  const folder = join(import.meta.dirname, `../.cache/umami-${umamiVersion}`);
  const file = join(folder, 'package/src/tracker/index.js');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, `umami@${umamiVersion}`], {
      stdio: 'ignore',
    });
    execFileSync('tar', ['xzf', `umami-${umamiVersion}.tgz`, 'package/src/tracker'], { cwd: folder });
  }
  return file;
}

export const peers: Peer[] = [
  {
    name: 'taphouse',
    entry: `import { init } from '${own}'; const c = init({ writeKey: 'demo' }); window.call = (n) => c.track(n);`,
  },
  {
    name: 'umami',
    entry: `import '${umamiTracker()}'; window.call = (n) => umami.track(n);`,
  },
  {
    name: '@plausible-analytics/tracker',
    entry: `import { init, track } from '@plausible-analytics/tracker'; init({ domain: 'shop', endpoint: location.origin + '/collect', captureOnLocalhost: true, outboundLinks: true, formSubmissions: true, fileDownloads: true }); window.call = (n) => track(n, {});`,
  },
  {
    name: '@openpanel/web',
    entry: `import { OpenPanel } from '@openpanel/web'; const op = new OpenPanel({ clientId: 'a', apiUrl: location.origin + '/collect', trackScreenViews: true, trackOutgoingLinks: true, trackAttributes: true }); window.call = (n) => op.track(n);`,
  },
  {
    // 4.6.8, as its plug-ins: each pins the core of its own version, and a later tracker would bring the core twice.
    name: '@snowplow/browser-tracker',
    entry: `import { newTracker, trackPageView, trackStructEvent } from '@snowplow/browser-tracker'; import { ButtonClickTrackingPlugin, enableButtonClickTracking } from '@snowplow/browser-plugin-button-click-tracking'; import { LinkClickTrackingPlugin, enableLinkClickTracking } from '@snowplow/browser-plugin-link-click-tracking';
      newTracker('sp', location.origin, { appId: 'a', postPath: '/collect/tp2', plugins: [ButtonClickTrackingPlugin(), LinkClickTrackingPlugin()] }); enableButtonClickTracking(); enableLinkClickTracking(); trackPageView(); window.call = (n) => trackStructEvent({ category: 'c', action: n });`,
  },
  {
    name: '@aws/clickstream-web',
    entry: `import { ClickstreamAnalytics } from '@aws/clickstream-web'; ClickstreamAnalytics.init({ appId: 'a', endpoint: location.origin + '/collect', isTrackClickEvents: true }); window.call = (n) => ClickstreamAnalytics.record({ name: n });`,
  },
  {
    name: '@amplitude/analytics-browser',
    entry: `import * as amplitude from '@amplitude/analytics-browser'; amplitude.init('a'.repeat(32), { serverUrl: location.origin + '/collect', autocapture: { elementInteractions: true, pageViews: true, sessions: false, attribution: false }, remoteConfig: { fetchRemoteConfig: false }, fetchRemoteConfig: false }); window.call = (n) => amplitude.track(n);`,
  },
  {
    name: 'aws-rum-web',
    entry: `import { AwsRum } from 'aws-rum-web'; const rum = new AwsRum('00000000-0000-0000-0000-000000000000', '1.0.0', 'eu-west-1', { endpoint: location.origin + '/collect', signing: false, sessionSampleRate: 1, telemetries: [['interaction', { events: [{ event: 'click', cssLocator: 'button' }] }]], allowCookies: true, sessionEventLimit: 0 }); window.call = (n) => rum.recordEvent(n, {});`,
  },
  {
    name: 'mixpanel-browser',
    entry: `import mixpanel from 'mixpanel-browser'; mixpanel.init('a', { api_host: location.origin + '/collect', autocapture: true, track_pageview: true, api_payload_format: 'json', record_sessions_percent: 0, persistence: 'localStorage' }); window.call = (n) => mixpanel.track(n);`,
  },
  {
    name: 'posthog-js',
    entry: `import posthog from 'posthog-js'; posthog.init('a', { api_host: location.origin + '/collect', disable_compression: true, advanced_disable_flags: true, disable_session_recording: true, disable_surveys: true, disable_external_dependency_loading: true, opt_in_site_apps: false, opt_out_useragent_filter: true }); window.call = (n) => posthog.capture(n);`,
  },
];
