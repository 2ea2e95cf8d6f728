import type { Cell } from './text-formats.ts';

/** What a rectangle of cells comes to. */
export interface ChosenSums {
  cells: number;
  /** Of the numbers among them; null where there is none. */
  numbers: { count: number; sum: number; mean: number; least: number; most: number } | null;
}

/** @param numeric whether each column holds numbers; NULL counts as a cell and as no number */
export function chosenSums(rows: readonly (readonly Cell[])[], numeric: readonly boolean[]): ChosenSums {
  const values = rows.flatMap((row) =>
    row.flatMap((cell, column) => (cell !== null && numeric[column] ? [Number(cell)] : [])),
  );
  const cells = rows.reduce((total, row) => total + row.length, 0);
  if (values.length === 0) return { cells, numbers: null };
  let [sum, least, most] = [0, Infinity, -Infinity];
  for (const value of values) {
    sum += value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return { cells, numbers: { count: values.length, sum, mean: sum / values.length, least, most } };
}
