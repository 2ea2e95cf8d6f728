import { beforeEach, expect, test, vi } from 'vitest';
import { cleanUrl } from './clean-url.ts';
import { setOptions } from './options.ts';

beforeEach(() => {
  vi.stubGlobal('document', { referrer: '' });
  setOptions({});
});

test.each([
  ['https://shop/', 'https://shop/'],
  ['https://shop/cart?email=a@b.c', 'https://shop/cart'],
  ['https://shop/?a=1&utm_source=x&b=2&utm_medium=y', 'https://shop/?utm_source=x&utm_medium=y'],
  ['https://shop/?utm=1&xutm_source=2', 'https://shop/'],
  ['https://shop/#top', 'https://shop/'],
  ['https://shop/#access_token=1', 'https://shop/'],
  ['https://shop/#/beers/1', 'https://shop/#/beers/1'],
  ['https://shop/?a=1#/beers?token=2&utm_source=x', 'https://shop/#/beers?utm_source=x'],
  ['https://shop/a&b?c=1', 'https://shop/a&b'],
  ['', ''],
  ['android-app://com.example/', 'android-app://com.example/'],
])('%s is kept as %s', (href, kept) => {
  expect(cleanUrl(href)).toBe(kept);
});

test('parameters that are allowed are kept, and only those of the whole name', () => {
  setOptions({ keepParams: 'ref|page' });
  expect(cleanUrl('https://shop/?ref=1&page=2&pages=3&xref=4')).toBe('https://shop/?ref=1&page=2');
});

test.each(['*', '(', 'ref|page*', '[a-'])('names that are none, %s, throw nothing and keep no more', (keepParams) => {
  setOptions({ keepParams });
  expect(cleanUrl('https://shop/?utm_source=a&secret=1#x')).toBe('https://shop/?utm_source=a');
});
