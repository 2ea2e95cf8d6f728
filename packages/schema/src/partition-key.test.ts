import { expect, it } from 'vitest';
import { partitionKey } from './partition-key.ts';

it('is 16 hex digits, the same for the same visitor and device', () => {
  expect(partitionKey('50', 'mobile')).toMatch(/^[0-9a-f]{16}$/);
  expect(partitionKey('50', 'mobile')).toBe(partitionKey('50', 'mobile'));
});

it('tells where the user ends and the device begins', () => {
  expect(partitionKey('ab', 'c')).not.toBe(partitionKey('a', 'bc'));
});

it('does not change: records of a visitor before and after an upgrade share a shard', () => {
  expect(partitionKey('50', 'mobile')).toBe('a2009a7ad2235584');
});

it('spreads 20,000 visitors evenly over 16 shards, without a collision', () => {
  const keys = new Set<string>();
  const shards = Array.from({ length: 16 }, () => 0);
  for (let i = 0; i < 20_000; i += 1) {
    const key = partitionKey(String(i), 'mobile');
    keys.add(key);
    shards[Number.parseInt(key[0]!, 16)]! += 1;
  }
  expect(keys.size).toBe(20_000);
  expect(Math.min(...shards)).toBeGreaterThan(1000);
  expect(Math.max(...shards)).toBeLessThan(1500);
});
