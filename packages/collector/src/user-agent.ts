import type { DeviceType } from '@taphouse/schema';
import { remembered } from './remembered.ts';

/** What the browser's own words tell. */
export interface UserAgent {
  /** As stored: cut to the limit. */
  text: string;
  deviceType: DeviceType;
  /** It says that it is a program. */
  bot: boolean;
}

/** Reads a `User-Agent` header. */
export function createUserAgentReader(maxLength: number): (header: string) => UserAgent {
  return remembered((header) => {
    const text = header.slice(0, maxLength).toWellFormed().replaceAll('\0', '');
    return { text, deviceType: deviceTypeOf(text), bot: isBot(text) };
  });
}

const tablet = /iPad|Tablet|PlayBook|Silk(?!.*Mobile)|Kindle|Android(?!.*Mobile)/i;
const mobile = /Mobi|iPhone|iPod|Windows Phone|BlackBerry|Opera Mini/i;
const computer = /Windows NT|Macintosh|X11|CrOS|Linux (?:x86_64|i686)/i;

/** Kind of device; `other` if it says nothing known. An iPad that claims to be a Mac is a computer. */
export function deviceTypeOf(userAgent: string): DeviceType {
  if (tablet.test(userAgent)) return 'tablet';
  if (mobile.test(userAgent)) return 'mobile';
  return computer.test(userAgent) ? 'computer' : 'other';
}

const programs =
  /bot\b|bot[/_-]|crawl|spider|slurp|headless|lighthouse|pingdom|monitor|preview|facebookexternalhit|embedly|python-|curl\/|wget\/|^java\/|go-http|okhttp|axios|node-fetch|scrapy|phantomjs/i;

/** Whether it says that it is a crawler, a monitor or a script. One that lies is not found here. */
export function isBot(userAgent: string): boolean {
  return programs.test(userAgent);
}
