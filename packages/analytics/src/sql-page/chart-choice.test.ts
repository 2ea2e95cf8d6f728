import { describe, expect, it } from 'vitest';

import { fitChart, guessChart } from './chart-choice.ts';
import { chartPoints, seriesOf } from './chart-points.ts';
import { type ColumnKind, columnKind } from './query-result.ts';

const columns = (...kinds: ColumnKind[]) => kinds.map((kind, index) => ({ name: `c${index}`, type: '', kind }));

describe('guessChart', () => {
  it.each([
    [columns('number', 'time'), 20, { kind: 'bar', x: 1, y: 0, colour: null }],
    [columns('time', 'text', 'number'), 20, { kind: 'line', x: 0, y: 2, colour: 1 }],
    [columns('time', 'number'), 500, { kind: 'line', x: 0, y: 1, colour: null }],
    [columns('text', 'number', 'number'), 5, { kind: 'bar', x: 0, y: 1, colour: null }],
    [columns('number', 'number'), 1000, { kind: 'dot', x: 0, y: 1, colour: null }],
    [columns('text', 'text'), 5, null],
    [columns('number'), 5, null],
    [columns('text', 'number'), 0, null],
  ])('of %j with %d rows is %j', (given, rows, choice) => {
    expect(guessChart(given, rows)).toEqual(choice);
  });
});

describe('fitChart', () => {
  it('keeps what fits and guesses the rest', () => {
    const fitted = fitChart({ kind: 'treemap', y: 0, colour: 9 }, columns('text', 'number'), 3);
    expect(fitted).toEqual({ kind: 'treemap', x: 0, y: 1, colour: null });
  });
});

describe('chartPoints', () => {
  it('leaves out rows without a number, and joins the smallest series', () => {
    const rows = Array.from({ length: 12 }, (_, index) => [index, 100 - index, `s${index}`]);
    const points = chartPoints([...rows, [99, null, 's0']], { series: true });
    expect(points).toHaveLength(12);
    expect(seriesOf(points)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', 'other']);
  });
});

it.each([
  ['BIGINT', 'number'],
  ['HUGEINT', 'number'],
  ['DECIMAL(18,3)', 'number'],
  ['TIMESTAMP', 'time'],
  ['DATE', 'time'],
  ['TIMESTAMP[]', 'other'],
  ['VARCHAR', 'text'],
  ['MAP(VARCHAR, VARCHAR)', 'other'],
  ['INTEGER[]', 'other'],
])('takes %s for %s', (type, kind) => {
  expect(columnKind(type)).toBe(kind);
});
