import { describe, expect, it } from 'vitest';

import { type Choice, chosenArea, moveChoice } from './grid-choice.ts';

const size = { rows: 100, columns: 4, pageRows: 10 };
const at = (row: number, column: number): Choice => ({ anchor: { row, column }, active: { row, column } });
const key = (name: string, more: { shiftKey?: boolean; ctrlKey?: boolean } = {}) => ({
  key: name,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  ...more,
});

describe('moveChoice', () => {
  it('moves one cell, and stays in the table', () => {
    expect(moveChoice(at(0, 0), key('ArrowDown'), size)).toEqual(at(1, 0));
    expect(moveChoice(at(99, 3), key('ArrowDown'), size)).toEqual(at(99, 3));
    expect(moveChoice(at(0, 0), key('ArrowLeft'), size)).toEqual(at(0, 0));
  });

  it('reaches the head above the first row', () => {
    expect(moveChoice(at(0, 2), key('ArrowUp'), size)).toEqual(at(-1, 2));
  });

  it('grows with Shift, but not into the head', () => {
    const grown = moveChoice(at(1, 1), key('ArrowUp', { shiftKey: true }), size);
    expect(grown && chosenArea(grown)).toEqual({ top: 0, bottom: 1, left: 1, right: 1 });
    expect(moveChoice(at(0, 1), key('ArrowUp', { shiftKey: true }), size)?.active.row).toBe(0);
  });

  it('jumps by a page, to an edge, and takes all', () => {
    expect(moveChoice(at(5, 0), key('PageDown'), size)?.active.row).toBe(15);
    expect(moveChoice(at(5, 0), key('End', { ctrlKey: true }), size)).toEqual(at(99, 3));
    const all = moveChoice(at(5, 2), key('a', { ctrlKey: true }), size);
    expect(all && chosenArea(all)).toEqual({ top: 0, bottom: 99, left: 0, right: 3 });
  });

  it('leaves other keys alone', () => {
    expect(moveChoice(at(0, 0), key('Tab'), size)).toBeNull();
  });
});
