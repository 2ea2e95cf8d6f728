/** Rows of a small shop, the same for the same seed: visitors who look at beer, and some who buy one. */
import type { SessionRow } from '@taphouse/schema';
import { sessionRow } from '@taphouse/schema/testing';

const steps = [
  'beer_vitrine_nav',
  'beer_products',
  'beer_product_detail',
  'beer_selection',
  'beer_cart',
  'beer_checkout',
] as const;
const devices = ['mobile', 'mobile', 'mobile', 'computer', 'computer', 'tablet'] as const;

export interface ShopRowsOptions {
  rows: number;
  /** The newest row begins at or before this, milliseconds since 1970 UTC. */
  untilAt: number;
  /** Over how long the visits are spread, milliseconds. */
  spanMs: number;
  seed?: number;
}

/** Windows of 30 s: visits of one to six windows, minutes apart, by returning visitors. */
export function shopRows({ rows, untilAt, spanMs, seed = 7 }: ShopRowsOptions): SessionRow[] {
  const random = mulberry(seed);
  const made: SessionRow[] = [];
  while (made.length < rows) {
    const user = String(50 * (1 + Math.floor(random() * 5)) + Math.floor(random() * 30));
    const device = devices[Math.floor(random() * devices.length)] ?? 'mobile';
    let at = untilAt - Math.floor(random() * spanMs);
    const windows = 1 + Math.floor(random() ** 3 * 6);
    for (let window = 0; window < windows && made.length < rows && at <= untilAt; window += 1) {
      made.push(oneRow({ user, device, at, random, number: made.length }));
      at += Math.floor(30_000 + random() ** 4 * 1_800_000);
    }
  }
  return made;
}

function oneRow(visit: { user: string; device: string; at: number; random: () => number; number: number }): SessionRow {
  const { user, device, at, random, number } = visit;
  const timeagg = Math.floor(at / 30_000) * 30_000;
  const room = timeagg + 29_999 - at;
  const events = 1 + Math.floor(random() ** 2 * 8);
  const endsession = events === 1 ? at : at + Math.floor(random() * room);
  const first = Math.floor(random() ** 2 * steps.length);
  const last = Math.min(steps.length - 1, first + (events > 1 ? Math.floor(random() * 4) : 0));
  const id = String(number).padStart(8, '0');
  return sessionRow({
    session_id: `${user}_${device.slice(0, 3)}${Math.floor(timeagg / 1000)}`.toUpperCase(),
    user_id: user,
    device_id: device,
    timeagg,
    events,
    beginnavigation: steps[first] ?? steps[0],
    endnavigation: steps[last] ?? steps[0],
    beginsession: at,
    endsession,
    duration_sec: Math.floor((endsession - at) / 1000),
    begin_event_id: `shop-${id}-a`,
    end_event_id: events === 1 ? `shop-${id}-a` : `shop-${id}-b`,
    window_open: at,
    row_id: `row-${id}`,
  });
}

/** mulberry32: a small seeded generator, numbers in [0, 1). */
export function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
