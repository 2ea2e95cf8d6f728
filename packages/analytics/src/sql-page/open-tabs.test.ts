import { describe, expect, it } from 'vitest';

import { added, changed, closed, firstTabs, opened, type OpenTabs, tabAtHand } from './open-tabs.ts';

const two: OpenTabs = {
  tabs: [
    { id: 'a', name: null, sql: 'SELECT 1' },
    { id: 'b', name: 'empty', sql: ' ' },
  ],
  active: 'a',
};

describe('the open tabs', () => {
  it('are those of the last visit, or one with a first text', () => {
    expect(firstTabs(two, 'x')).toEqual(two);
    expect(firstTabs({ ...two, active: 'gone' }, 'x').active).toBe('a');
    expect(tabAtHand(firstTabs(null, 'x'))).toMatchObject({ name: null, sql: 'x' });
  });

  it('show a text that one of them has, where it is', () => {
    expect(opened({ ...two, active: 'b' }, 'SELECT 1\n')).toEqual(two);
  });

  it('take a new text into the empty one at hand, else into one more', () => {
    const into = opened({ ...two, active: 'b' }, 'SELECT 2', 'two');
    expect(into.tabs[1]).toEqual({ id: 'b', name: 'two', sql: 'SELECT 2' });
    const more = opened(two, 'SELECT 2');
    expect(more.tabs.map(({ sql }) => sql)).toEqual(['SELECT 1', ' ', 'SELECT 2']);
    expect(tabAtHand(more).sql).toBe('SELECT 2');
  });

  it('change where one writes', () => {
    expect(changed(two, { sql: 'SELECT 3' }).tabs.map(({ sql }) => sql)).toEqual(['SELECT 3', ' ']);
  });

  it('show the next one when the one at hand is closed, and are never none', () => {
    expect(closed(two, 'a')).toEqual({ tabs: [two.tabs[1]], active: 'b' });
    expect(closed(added(two), 'b').tabs).toHaveLength(2);
    const last = closed(closed(two, 'a'), 'b');
    expect(tabAtHand(last)).toMatchObject({ name: null, sql: '' });
  });
});
