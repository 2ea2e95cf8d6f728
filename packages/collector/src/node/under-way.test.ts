import { expect, it } from 'vitest';
import { UnderWay } from './under-way.ts';

it('holds what was added and not deleted', () => {
  const underWay = new UnderWay<string>();
  const [a, b] = [underWay.add('a'), underWay.add('b')];
  underWay.delete(a);
  expect([...underWay]).toEqual(['b']);
  underWay.add('c');
  expect([...underWay].toSorted()).toEqual(['b', 'c']);
  underWay.delete(b);
  expect([...underWay]).toEqual(['c']);
});

it('takes no more places than things that were under way at once', () => {
  const underWay = new UnderWay<number>();
  const places = Array.from({ length: 100 }, (_, i) => {
    const place = underWay.add(i);
    underWay.delete(place);
    return place;
  });
  expect(new Set(places)).toEqual(new Set([0]));
});
