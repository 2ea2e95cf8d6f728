import type { Limits } from '@taphouse/schema';
import type { Status } from './report.ts';
import type { WireEvent } from './wire-event.ts';

/** What `fetch` would be called with. */
export interface BatchRequest {
  method: 'POST';
  /** The browser goes on sending after the page has gone; at most 64 KiB for all such requests. */
  keepalive: boolean;
  signal: AbortSignal;
  /** The envelope of `POST /v1/events`, JSON. */
  body: string;
}

/** What `init` takes; on the script tag `data-write-key="demo"` is `writeKey`. */
export interface Options {
  /** Base of the collector; events go to `${endpoint}/v1/events`. Default: origin of the script tag, or of the page. */
  endpoint?: string;
  /** Key of the site at the collector. */
  writeKey?: string;
  /** As `identify` at the start. */
  userId?: string;
  /** Report page views. Default true. */
  pageViews?: boolean;
  /** Report clicks and submits of tagged elements, outbound links and downloads. Default true. */
  clicks?: boolean;
  /** `required`: nothing is stored or sent before `optIn()`. So it is under Global Privacy Control. */
  consent?: 'required';
  /** Ids and queue live as long as the page; nothing is stored on the device. */
  cookieless?: boolean;
  /** Ask the collector to keep `device_id` in a first-party cookie; Safari forgets script-written storage after 7 days. */
  deviceCookie?: boolean;
  /** Query parameters kept in addresses beside `utm_*`; names separated by `|`. */
  keepParams?: string;
  /** The page before this one. Default `document.referrer`, or the last route of a single-page app. */
  referrer?: string;
  /** Sees events queued, sent and stored; of sent and stored ones only the `event_id` is sure. */
  debug?: (status: Status, events: WireEvent[]) => void;
  /** Sees each event before it is queued; gives it back changed, or null to drop it. */
  before?: (event: WireEvent) => WireEvent | null | undefined;
  /** Told in one line of each loss. */
  onError?: (message: string) => void;
  /** Sends a batch in place of `fetch`; the optional modules `gzip` and `cognito-kinesis` are such. */
  send?: (url: string, request: BatchRequest) => Promise<Response>;
}

type Values = Record<string, unknown>;

/** Options of this page, and limits in force until the collector's own are known; names as `GET /v1/limits` gives them. */
export const options = {
  endpoint: '',
  writeKey: '',
  userId: '',
  pageViews: true,
  clicks: true,
  consent: false as unknown,
  cookieless: false,
  deviceCookie: false,
  keepParams: '',
  referrer: '',
  maxEvents: 100,
  maxPropertyValueLength: 1024,
  debug() {},
  before: (event) => event,
  onError: (message) => console.warn('taphouse:', message),
  send: (url, request) => fetch(url, request),
} as Required<Options> & Pick<Limits, 'maxEvents' | 'maxPropertyValueLength'>;

/** Takes what has the name and the type of an option; tells the console of what has not. */
export function setOptions(own: Options): void {
  for (const name in own) {
    const usual = (options as Values)[name];
    const given = (own as Values)[name] ?? usual;
    // The texts of attributes: `data-clicks="false"` is no, and `data-cookieless` is yes.
    const value = usual === !!usual ? String(given) !== 'false' : given;
    if (typeof value === typeof usual) (options as Values)[name] = value;
    else
      options.onError(
        `option ${name} is ${typeof usual}, not ${value as string}; check ${Object.keys(options) as unknown as string}`,
      );
  }
}
