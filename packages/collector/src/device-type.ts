import type { DeviceType } from '@taphouse/schema';

const tablet = /iPad|Tablet|PlayBook|Silk(?!.*Mobile)|Kindle|Android(?!.*Mobile)/i;
const mobile = /Mobi|iPhone|iPod|Windows Phone|BlackBerry|Opera Mini/i;
const computer = /Windows NT|Macintosh|X11|CrOS|Linux (?:x86_64|i686)/i;

/** Kind of device from the browser's own words; `other` if it says nothing known. An iPad that claims to be a Mac is a computer. */
export function deviceTypeOf(userAgent: string): DeviceType {
  if (tablet.test(userAgent)) return 'tablet';
  if (mobile.test(userAgent)) return 'mobile';
  return computer.test(userAgent) ? 'computer' : 'other';
}
