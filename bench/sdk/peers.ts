/** What each SDK does in the bench: starts with page views and clicks on, and puts `call(name)` on window. */
export interface Peer {
  name: string;
  /** The page's own script, bundled and minified. */
  entry: string;
}

const own = new URL('../../packages/sdk/src/index.ts', import.meta.url).pathname;

/** Attributes of the button: each SDK finds its own. */
export const button = `<button id="b" data-tap-event="click" data-track="click" class="track plausible-event-name=click">b</button>`;

export const peers: Peer[] = [
  {
    name: 'taphouse',
    entry: `import { init } from '${own}'; const c = init({ writeKey: 'demo' }); window.call = (n) => c.track(n);`,
  },
  {
    name: 'plausible',
    entry: `import { init, track } from '@plausible-analytics/tracker'; init({ domain: 'shop', endpoint: location.origin + '/collect', captureOnLocalhost: true, outboundLinks: true, formSubmissions: true, fileDownloads: true }); window.call = (n) => track(n, {});`,
  },
  {
    name: 'openpanel',
    entry: `import { OpenPanel } from '@openpanel/web'; const op = new OpenPanel({ clientId: 'a', apiUrl: location.origin + '/collect', trackScreenViews: true, trackOutgoingLinks: true, trackAttributes: true }); window.call = (n) => op.track(n);`,
  },
  {
    name: 'snowplow',
    entry: `import { newTracker, trackPageView, trackStructEvent } from '@snowplow/browser-tracker'; import { ButtonClickTrackingPlugin, enableButtonClickTracking } from '@snowplow/browser-plugin-button-click-tracking'; import { LinkClickTrackingPlugin, enableLinkClickTracking } from '@snowplow/browser-plugin-link-click-tracking';
      newTracker('sp', location.origin, { appId: 'a', postPath: '/collect/tp2', plugins: [ButtonClickTrackingPlugin(), LinkClickTrackingPlugin()] }); enableButtonClickTracking(); enableLinkClickTracking(); trackPageView(); window.call = (n) => trackStructEvent({ category: 'c', action: n });`,
  },
  {
    name: '@aws/clickstream-web',
    entry: `import { ClickstreamAnalytics } from '@aws/clickstream-web'; ClickstreamAnalytics.init({ appId: 'a', endpoint: location.origin + '/collect', isTrackClickEvents: true }); window.call = (n) => ClickstreamAnalytics.record({ name: n });`,
  },
  {
    name: 'amplitude',
    entry: `import * as amplitude from '@amplitude/analytics-browser'; amplitude.init('a'.repeat(32), { serverUrl: location.origin + '/collect', autocapture: { elementInteractions: true, pageViews: true, sessions: false, attribution: false }, remoteConfig: { fetchRemoteConfig: false }, fetchRemoteConfig: false }); window.call = (n) => amplitude.track(n);`,
  },
  {
    name: 'aws-rum-web',
    entry: `import { AwsRum } from 'aws-rum-web'; const rum = new AwsRum('00000000-0000-0000-0000-000000000000', '1.0.0', 'eu-west-1', { endpoint: location.origin + '/collect', signing: false, sessionSampleRate: 1, telemetries: [['interaction', { events: [{ event: 'click', element: 'button' }] }]], allowCookies: true, guestRoleArn: undefined }); window.call = (n) => rum.recordEvent(n, {});`,
  },
  {
    name: 'mixpanel',
    entry: `import mixpanel from 'mixpanel-browser'; mixpanel.init('a', { api_host: location.origin + '/collect', autocapture: true, track_pageview: true, api_payload_format: 'json', record_sessions_percent: 0, persistence: 'localStorage' }); window.call = (n) => mixpanel.track(n);`,
  },
  {
    name: 'posthog-js',
    entry: `import posthog from 'posthog-js'; posthog.init('a', { api_host: location.origin + '/collect', disable_compression: true, advanced_disable_flags: true, disable_session_recording: true, disable_surveys: true, disable_external_dependency_loading: true, opt_in_site_apps: false, opt_out_useragent_filter: true }); window.call = (n) => posthog.capture(n);`,
  },
];
