import { describe, expect, it } from 'vitest';

import { firstView, fromQuery, rangeBefore, rangeOf, toggled, toQuery, type ViewState } from './view-state.ts';

const now = Date.UTC(2026, 10, 23, 18, 30);

describe('the view in the URL', () => {
  const full: ViewState = {
    range: { fromAt: now - 1000, toAt: now },
    length: 1_800_000,
    filters: {
      device: 'a&b=c',
      user: '',
      first: '<img>',
      duration: { from: 10, to: null },
      hour: { day: 0, hour: 23 },
    },
    compare: true,
  };

  it('comes back as it was', () => {
    expect(fromQuery(toQuery(full))).toEqual(full);
    expect(fromQuery(toQuery({ ...firstView, range: 'month' }))).toEqual({ ...firstView, range: 'month' });
  });

  it('is empty at first', () => {
    expect(toQuery(firstView)).toBe('');
    expect(fromQuery('')).toEqual(firstView);
  });

  it.each([
    'range=never',
    'from=x&to=y',
    'from=2026-02-01&to=2026-01-01',
    'gap=-5s',
    'gap=1e9s',
    'hour=9-99',
    'seconds=a',
  ])('opens as at first where it cannot be read: %s', (query) => {
    expect(fromQuery(query)).toEqual(firstView);
  });
});

describe('a range', () => {
  it('of today begins at midnight UTC', () => {
    expect(rangeOf('today', now).fromAt).toBe(Date.UTC(2026, 10, 23));
  });

  it('has one of the same length before it', () => {
    expect(rangeBefore('hour', now)).toEqual({ fromAt: now - 7_200_000, toAt: now - 3_600_000 });
    expect(rangeBefore({ fromAt: 100, toAt: 150 }, now)).toEqual({ fromAt: 50, toAt: 100 });
  });
});

describe('a filter', () => {
  it('is set by the first click and taken away by the second', () => {
    const once = toggled(firstView, { device: 'mobile' });
    expect(once.filters).toEqual({ device: 'mobile' });
    expect(toggled(once, { device: 'tablet' }).filters).toEqual({ device: 'tablet' });
    expect(toggled(once, { device: 'mobile' }).filters).toEqual({});
  });
});
