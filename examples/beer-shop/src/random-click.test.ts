import { expect, test } from 'vitest';

import { beerEvents, randomClick } from './random-click.ts';
import { seededRandom } from './seeded-random.ts';

const random = seededRandom(7);
const clicks = Array.from({ length: 60_000 }, (_, at) => randomClick(at, random));

function shares(names: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1 / names.length;
  return counts;
}

test('devices come in the weights of the article: 2 mobile, 2 computer, 1 tablet', () => {
  const devices = shares(clicks.map((click) => click.device_id));
  expect(Object.keys(devices).toSorted()).toEqual(['computer', 'mobile', 'tablet']);
  expect(devices.mobile).toBeCloseTo(0.4, 1.7);
  expect(devices.computer).toBeCloseTo(0.4, 1.7);
  expect(devices.tablet).toBeCloseTo(0.2, 1.7);
});

test('the six events are equally likely', () => {
  const events = shares(clicks.map((click) => click.client_event));
  expect(Object.keys(events).toSorted()).toEqual([...beerEvents].toSorted());
  for (const event of beerEvents) expect(events[event]).toBeCloseTo(1 / 6, 1.7);
});

test('users are the 155 integers from x to x + 30, for x of 50, 100, 150, 200 and 250', () => {
  const users = new Set(clicks.map((click) => click.user_id));
  const expected = [50, 100, 150, 200, 250].flatMap((x) => Array.from({ length: 31 }, (_, i) => x + i));
  expect([...users].toSorted((a, b) => a - b)).toEqual(expected);
});

test('the time is the one it is given', () => {
  expect(clicks[1234]?.client_timestamp).toBe(1234);
});
