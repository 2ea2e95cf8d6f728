/** A place in the grid: row -1 is the head. */
export interface Place {
  row: number;
  column: number;
}

/** The rectangle of cells chosen: from where it began to the active cell. */
export interface Choice {
  anchor: Place;
  active: Place;
}

export interface GridSize {
  rows: number;
  columns: number;
  /** Rows on screen at once. */
  pageRows: number;
}

/** Edges of the chosen rectangle, all inclusive; rows from 0. */
export function chosenArea({ anchor, active }: Choice): { top: number; bottom: number; left: number; right: number } {
  return {
    top: Math.max(0, Math.min(anchor.row, active.row)),
    bottom: Math.max(anchor.row, active.row),
    left: Math.min(anchor.column, active.column),
    right: Math.max(anchor.column, active.column),
  };
}

/** Where a key leads, or null if it leads nowhere. With Shift the rectangle grows; else it is one cell again. */
export function moveChoice(
  choice: Choice,
  key: { key: string; shiftKey: boolean; ctrlKey: boolean; metaKey: boolean },
  size: GridSize,
): Choice | null {
  const whole = key.ctrlKey || key.metaKey;
  if (whole && key.key.toLowerCase() === 'a') {
    return { anchor: { row: 0, column: 0 }, active: { row: size.rows - 1, column: size.columns - 1 } };
  }
  const step = stepOf(key.key, whole, choice.active, size);
  if (!step) return null;
  const least = key.shiftKey ? 0 : -1;
  const active = {
    row: clamp(step.row, least, size.rows - 1),
    column: clamp(step.column, 0, size.columns - 1),
  };
  return { anchor: key.shiftKey ? choice.anchor : active, active };
}

function stepOf(key: string, whole: boolean, { row, column }: Place, size: GridSize): Place | null {
  switch (key) {
    case 'ArrowDown':
      return { row: whole ? size.rows - 1 : row + 1, column };
    case 'ArrowUp':
      return { row: whole ? 0 : row - 1, column };
    case 'ArrowRight':
      return { row, column: whole ? size.columns - 1 : column + 1 };
    case 'ArrowLeft':
      return { row, column: whole ? 0 : column - 1 };
    case 'PageDown':
      return { row: row + size.pageRows, column };
    case 'PageUp':
      return { row: Math.max(0, row - size.pageRows), column };
    case 'Home':
      return { row: whole ? 0 : row, column: 0 };
    case 'End':
      return { row: whole ? size.rows - 1 : row, column: size.columns - 1 };
    default:
      return null;
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
