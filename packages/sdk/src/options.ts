import type { WireEvent } from './wire-event.ts';

export interface Options {
  /** Base of the collector; events go to `${endpoint}/v1/events`. Default: the page's origin. */
  endpoint?: string;
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
  /** Query parameters kept in addresses, beside `utm_*`. */
  keepParams?: readonly string[];
  /** Dispatch a `taphouse:event` CustomEvent on window when an event is queued, sent and stored, and warn of losses. */
  debug?: boolean;
  /** Sees each event before it is queued; gives it back changed, or null to drop it. */
  before?: (event: WireEvent) => WireEvent | null | undefined;
  /** Told in one line of each loss. */
  onError?: (message: string) => void;
}
