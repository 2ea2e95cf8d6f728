import { expect, test } from 'vitest';

import type { RandomClick } from './random-click.ts';
import { seededRandom } from './seeded-random.ts';
import { shopperClicks } from './shopper-clicks.ts';

const startAt = Date.UTC(2026, 10, 23, 18);
const minuteMs = 60_000;

/** Clicks of `minutes` at 50 a second, asked for four times a second. */
function shop(minutes: number): RandomClick[] {
  const clicks = shopperClicks(50, seededRandom(3));
  return Array.from({ length: minutes * 240 }, (_, tick) =>
    clicks(startAt + tick * 250, startAt + (tick + 1) * 250),
  ).flat();
}

const visits = Map.groupBy(shop(20), (click) => `${click.user_id} ${click.device_id}`);

test('shoppers click at the rate asked for, once the shop has filled', () => {
  const clicks = shop(20).filter((click) => click.client_timestamp > startAt + minuteMs);
  const perSecond = clicks.length / (19 * 60);
  expect(perSecond).toBeGreaterThan(46);
  expect(perSecond).toBeLessThan(54);
});

test('times are in order, and none is outside what was asked for', () => {
  const clicks = shopperClicks(50, seededRandom(5));
  for (let tick = 0; tick < 400; tick += 1) {
    const [fromAt, toAt] = [startAt + tick * 250, startAt + (tick + 1) * 250];
    const times = clicks(fromAt, toAt).map((click) => click.client_timestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const at of times) expect(at >= fromAt && at <= toAt).toBe(true);
  }
});

test('after an hour in which nobody asked, there is no flood', () => {
  const clicks = shopperClicks(50, seededRandom(5));
  for (let tick = 0; tick < 400; tick += 1) clicks(startAt + tick * 250, startAt + (tick + 1) * 250);
  const late = clicks(startAt + 60 * minuteMs, startAt + 60 * minuteMs + 1000);
  expect(late.length).toBeLessThan(500);
  expect(Math.min(...late.map((click) => click.client_timestamp))).toBeGreaterThanOrEqual(startAt + 60 * minuteMs);
});

test('nobody checks out without a cart before', () => {
  const begins = [...visits.values()].map((clicks) => {
    const events = clicks.map((click) => click.client_event);
    return { cart: events.indexOf('beer_cart'), checkout: events.indexOf('beer_checkout') };
  });
  const buyers = begins.filter(({ checkout }) => checkout >= 0);
  expect(buyers.length).toBeGreaterThan(100);
  expect(buyers.filter(({ cart, checkout }) => cart < 0 || cart > checkout)).toEqual([]);
});

test('fewer do each step than the one before it', () => {
  const counts = Map.groupBy([...visits.values()].flat(), (click) => click.client_event);
  const steps = (['beer_product_detail', 'beer_selection', 'beer_cart', 'beer_checkout'] as const).map(
    (event) => counts.get(event)?.length ?? 0,
  );
  expect(steps.at(-1)).toBeGreaterThan(100);
  expect(steps).toEqual(steps.toSorted((a, b) => b - a));
  expect(new Set(steps).size).toBe(4);
});
