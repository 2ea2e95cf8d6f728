import { type Markish, rect, text } from '@observablehq/plot';
import { hierarchy, type HierarchyRectangularNode, treemap } from 'd3-hierarchy';

type Row = Record<string, unknown>;

/** Which column says what. */
export interface TreeMapOptions {
  /** Area; numbers of 0 and more. */
  value: string;
  label: string;
  /** Number behind the colour. */
  fill: string;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** Colour of the labels. */
  ink: string;
}

/** Marks of a tree map of one level, for `Plot.plot({ axis: null, marks: treeMap(...) })`. */
export function treeMap(rows: readonly Row[], options: TreeMapOptions): Markish[] {
  const { value, label, fill, width, height, ink } = options;
  const root = hierarchy<Row>({ children: rows }).sum((row) => Number(row[value] ?? 0));
  const boxes = treemap<Row>().size([width, height]).padding(2)(root).leaves();
  const title = ({ data }: HierarchyRectangularNode<Row>): string =>
    [String(data[label]), counted(data, value), counted(data, fill)].join('\n');
  const shown = boxes.filter((box) => box.x1 - box.x0 > 70 && box.y1 - box.y0 > 30);
  return [
    rect(boxes, {
      x1: 'x0',
      x2: 'x1',
      y1: 'y0',
      y2: 'y1',
      fill: (box: HierarchyRectangularNode<Row>) => Number(box.data[fill]),
      rx: 3,
      title,
      tip: true,
    }),
    text(shown, {
      x: 'x0',
      y: 'y1',
      dx: 8,
      dy: 8,
      textAnchor: 'start',
      lineAnchor: 'top',
      text: title,
      fill: ink,
      fontSize: 13,
    }),
  ];
}

function counted(row: Row, column: string): string {
  return `${Number(row[column]).toLocaleString('en')} ${column}`;
}
