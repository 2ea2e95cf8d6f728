import type { ResultColumn } from './query-result.ts';

export type ChartKind = 'bar' | 'line' | 'dot' | 'treemap';

/** How a result is drawn: columns by their place in it. */
export interface ChartChoice {
  kind: ChartKind;
  /** Across; for a tree map the name of a tile. */
  x: number;
  /** Up; for a tree map the size of a tile. */
  y: number;
  /** A series each; for a tree map the shade. Null for none. */
  colour: number | null;
}

/** Rows above which bars at every time are too thin to see. */
const mostBars = 80;

/**
 * A first guess: time across if there is one, else the first text, else the first number; up, the first number that
 * is left. Null where there is nothing to draw: no number, or one column only and not a number.
 */
export function guessChart(columns: readonly ResultColumn[], rowCount: number): ChartChoice | null {
  const indexes = (kind: ResultColumn['kind']): number[] =>
    columns.flatMap((column, index) => (column.kind === kind ? [index] : []));
  const [numbers, times, texts] = [indexes('number'), indexes('time'), indexes('text')];
  const x = times[0] ?? texts[0] ?? (numbers.length > 1 ? numbers[0] : undefined);
  const y = numbers.find((index) => index !== x);
  if (x === undefined || y === undefined || rowCount === 0) return null;
  const series = texts.find((index) => index !== x) ?? null;
  if (times[0] !== undefined)
    return { kind: rowCount > mostBars || series !== null ? 'line' : 'bar', x, y, colour: series };
  if (texts[0] !== undefined) return { kind: 'bar', x, y, colour: null };
  return { kind: rowCount > mostBars ? 'dot' : 'bar', x, y, colour: null };
}

/** A choice that fits other columns: what does not fit is guessed anew. */
export function fitChart(
  wanted: Partial<ChartChoice>,
  columns: readonly ResultColumn[],
  rowCount: number,
): ChartChoice | null {
  const guess = guessChart(columns, rowCount);
  if (!guess) return null;
  const fits = (index: number | null | undefined): index is number => index != null && index < columns.length;
  const y = fits(wanted.y) && columns[wanted.y]?.kind === 'number' ? wanted.y : guess.y;
  return {
    kind: wanted.kind ?? guess.kind,
    x: fits(wanted.x) ? wanted.x : guess.x,
    y,
    colour: wanted.colour === undefined ? guess.colour : fits(wanted.colour) ? wanted.colour : null,
  };
}
