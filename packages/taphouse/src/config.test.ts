import { expect, test } from 'vitest';

import { isLoopback, readConfig } from './config.ts';

test('without flags and environment the defaults of the README hold', () => {
  expect(readConfig({}, { INIT_CWD: '/srv' })).toEqual({
    port: 7400,
    hostname: '127.0.0.1',
    dataFolder: '/srv/data',
    window: { stepMs: 30_000, rangeMs: 30_000 },
    visitors: 'shoppers',
    alerts: [],
    trafficPerSecond: 20,
    memory: { maxSeenBytes: 268_435_456 },
    trustedHops: 0,
    ip: 'truncated',
    log: false,
  });
});

test('what is empty in the environment is not set', () => {
  const names = [
    'PORT',
    'HOST',
    'DATA',
    'WINDOW',
    'TRUSTED_HOPS',
    'IP',
    'LOG',
    'SEEN_MB',
    'TOKEN',
    'GAP',
    'RATE_LIMIT',
  ];
  const empty = Object.fromEntries(names.map((name) => [`TAPHOUSE_${name}`, '']));
  expect(readConfig({}, empty)).toEqual(readConfig({}, {}));
});

test('a flag wins over the environment', () => {
  const environment = { TAPHOUSE_PORT: '1', TAPHOUSE_DATA: '/a', TAPHOUSE_WINDOW: 'minutes' };
  expect(readConfig({}, environment)).toMatchObject({ port: 1, dataFolder: '/a', window: { stepMs: 60_000 } });
  expect(readConfig({ port: '2', data: '/b', window: '10s' }, environment)).toMatchObject({
    port: 2,
    dataFolder: '/b',
    window: { stepMs: 10_000, rangeMs: 10_000 },
  });
});

test.for([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['24h', 86_400_000],
] as const)('a pause of %s ends a live session after %d ms', ([gap, gapMs]) => {
  expect(readConfig({}, { TAPHOUSE_GAP: gap }).lag).toEqual({ gapMs });
  expect(readConfig({ gap }, { TAPHOUSE_GAP: '1s' }).lag).toEqual({ gapMs });
});

test('write keys stand alone or with the origins that may use them', () => {
  const TAPHOUSE_WRITE_KEYS = 'app, shop=https://shop.example|https://www.shop.example';
  expect(readConfig({}, { TAPHOUSE_WRITE_KEYS }).writeKeys).toEqual([
    { key: 'app' },
    { key: 'shop', origins: ['https://shop.example', 'https://www.shop.example'] },
  ]);
});

test.for([
  [{ TAPHOUSE_WRITE_KEYS: 'shop=https://shop.example/path' }, /https:\/\/shop.example\/path is no origin/],
  [{ TAPHOUSE_PORT: '70000' }, /port: 70000 is not a whole number from 0 to 65535/],
  [{ TAPHOUSE_IP: 'full' }, /TAPHOUSE_IP: full is not one of truncated, none/],
  [{ TAPHOUSE_TRUSTED_HOPS: '-1' }, /TAPHOUSE_TRUSTED_HOPS: -1 is not a whole number/],
  [{ TAPHOUSE_SEEN_MB: 'much' }, /TAPHOUSE_SEEN_MB: much is not a whole number/],
  [{ TAPHOUSE_MAX_WINDOWS: '0' }, /TAPHOUSE_MAX_WINDOWS: 0 leaves no window/],
  [{ TAPHOUSE_GAP: '25h' }, /--gap: 25h is no pause from 1s to 24h/],
  [{ TAPHOUSE_GAP: '30' }, /--gap: 30 is no pause/],
  [{ TAPHOUSE_GAP: '0s' }, /--gap: 0s is no pause/],
  [{ TAPHOUSE_RATE_LIMIT: 'fast' }, /TAPHOUSE_RATE_LIMIT: fast is not a whole number/],
  [{ TAPHOUSE_ALERTS: 'short' }, /short/],
  [{ TAPHOUSE_ALERT_WEBHOOK: 'mailto:me@example.com' }, /mailto:me@example.com is no URL/],
  [{ TAPHOUSE_TOKEN: 'beer' }, /TAPHOUSE_TOKEN: 4 characters are soon guessed/],
  [{ TAPHOUSE_LOG: 'xml' }, /TAPHOUSE_LOG: xml is not one of off, json/],
] as const)('%o is refused with a line that names it', ([environment, message]) => {
  expect(() => readConfig({}, environment)).toThrow(message);
});

test.for([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.0.2.1', false],
  ['127.0.0.1.example.com', false],
] as const)('%s is reached from this machine only: %s', ([hostname, only]) => expect(isLoopback(hostname)).toBe(only));
