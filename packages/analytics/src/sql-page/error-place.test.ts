import { describe, expect, it } from 'vitest';

import { readError } from './error-place.ts';

describe('readError', () => {
  it('finds the place of the caret', () => {
    const sql = 'SELECT a,\n  nope\nFROM v';
    const said = 'Binder Error: Referenced column "nope" not found!\nLINE 2:   nope\n          ^';
    expect(readError(said, sql)).toEqual({
      message: 'Binder Error: Referenced column "nope" not found!',
      place: { offset: 12, line: 2, column: 3 },
    });
  });

  it('leaves out the lines put before the statement', () => {
    const said = 'Parser Error: syntax error\nLINE 2: SELEC 1\n        ^';
    expect(readError(said, 'SELEC 1', 1).place).toEqual({ offset: 0, line: 1, column: 1 });
  });

  it('finds it in a line that DuckDB has cut', () => {
    const sql = `SELECT ${'a_long_name + '.repeat(8)}nope FROM v`;
    const shown = `...${sql.slice(60)}`;
    const said = `Binder Error: no\nLINE 1: ${shown}\n${' '.repeat(8 + shown.indexOf('nope'))}^`;
    expect(readError(said, sql).place?.offset).toBe(sql.indexOf('nope'));
  });

  it('finds a name that stands there once, where DuckDB draws no caret', () => {
    const sql = "SELECT * FROM (SELECT nope, 'nope' FROM v)";
    expect(readError('Binder Error: Referenced column "nope" not found', sql).place?.offset).toBe(22);
    expect(readError('Binder Error: Referenced column "nope" not found', 'SELECT nope + nope').place).toBeNull();
  });

  it('gives no advice that cannot work here', () => {
    const said = 'Catalog Error: Function "json" exists in the json extension.\n\nINSTALL json;\nLOAD json;';
    expect(readError(said, 'SELECT json(a)').message).toBe(
      'Catalog Error: Function "json" exists in the json extension.\nThe extension json is not in this page, which loads nothing from other hosts.',
    );
  });
});
