import { expect, it } from 'vitest';
import { clientAddress, truncateAddress } from './client-address.ts';

it.each([
  ['203.0.113.77', '203.0.113.0'],
  ['::ffff:203.0.113.77', '203.0.113.0'],
  ['203.0.113.77:1234', '203.0.113.0'],
  ['2001:db8:1234:5678::1', '2001:db8:1234::'],
  ['2001:0DB8:0012:5678:1:2:3:4', '2001:db8:12::'],
  ['[2001:db8:1234::1]:443', '2001:db8:1234::'],
  ['2001:db8::1', '2001:db8::'],
  ['2001::1', '2001::'],
  ['fe80::1%eth0', 'fe80::'],
  ['::1', '::'],
  ['::', '::'],
])('%s is cut to %s', (address, network) => {
  expect(truncateAddress(address)).toBe(network);
});

it.each([
  '',
  'unknown',
  '203.0.113',
  '203.0.113.256',
  '203.0.113.77.5',
  '2001:db8',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  '1:2:3:4:5:6:7:8::',
  'g::1',
  '12345::1',
  '<script>',
])('%j is no address', (address) => {
  expect(truncateAddress(address)).toBeNull();
});

it.each([
  [0, undefined, 'socket'],
  [0, 'forged', 'socket'],
  [1, 'client', 'client'],
  [1, 'forged, client', 'client'],
  [2, 'forged, client, proxy', 'client'],
  [1, 'forged, 192.0.2.7:50000', '192.0.2.7'],
  [1, '[2001:db8::1]:443', '2001:db8::1'],
  [1, undefined, null],
  [2, 'client', null],
])('behind %d proxies with X-Forwarded-For %j the client is %s', (trustedHops, forwardedFor, address) => {
  expect(clientAddress({ socketAddress: 'socket', forwardedFor }, trustedHops)).toBe(address);
});
