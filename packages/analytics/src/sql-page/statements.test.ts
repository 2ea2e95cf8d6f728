import { describe, expect, it } from 'vitest';

import { statementAt, statements, titleOf } from './statements.ts';

const texts = (sql: string): string[] => statements(sql).map(({ text }) => text);

describe('statements', () => {
  it('ends at a semicolon, and at the end of the text', () => {
    expect(texts('SELECT 1; SELECT 2 ;\n\nSELECT 3')).toEqual(['SELECT 1', 'SELECT 2', 'SELECT 3']);
  });

  it('is not fooled by semicolons in strings, names and comments', () => {
    const sql = `SELECT ';', "a;b", 'it''s; so', $$x;y$$, $t$;$$;$t$ /* ; */ -- ;\nFROM t`;
    expect(texts(sql)).toEqual([sql]);
  });

  it.each([
    'SELECT 1 /* a /* b */ ; */ AS x',
    String.raw`SELECT E'it\'s; so' AS x`,
    'SELECT $ä$ a;b $ä$',
    'SELECT 1 /* a; /* b */ still open ;',
  ])('is one, as DuckDB reads it: %s', (sql) => {
    expect(texts(sql)).toEqual([sql]);
  });

  it('goes on behind a comment that a carriage return ends', () => {
    expect(texts('SELECT 1 -- one;\r; SELECT 2')).toEqual(['SELECT 1 -- one;', 'SELECT 2']);
  });

  it('leaves out what is only a comment', () => {
    expect(texts('-- nothing\n; /* nor here */ ; SELECT 1 -- but this')).toEqual(['SELECT 1 -- but this']);
  });

  it('keeps the offsets of the text', () => {
    const sql = '  SELECT 1;\n  SELECT 2';
    for (const { text, from, to } of statements(sql)) expect(sql.slice(from, to)).toBe(text);
  });

  it('takes a string still being typed to the end', () => {
    expect(texts("SELECT 'abc; SELECT 2")).toEqual(["SELECT 'abc; SELECT 2"]);
  });
});

describe('statementAt', () => {
  const sql = 'SELECT 1;\nSELECT 2;\n';

  it('finds the statement that holds the caret', () => {
    expect(statementAt(sql, 3)?.text).toBe('SELECT 1');
    expect(statementAt(sql, 12)?.text).toBe('SELECT 2');
  });

  it('finds the one before, behind the last semicolon', () => {
    expect(statementAt(sql, sql.length)?.text).toBe('SELECT 2');
  });

  it('finds the first, before it', () => {
    expect(statementAt('\n\n  SELECT 1', 0)?.text).toBe('SELECT 1');
  });
});

describe('titleOf', () => {
  it('is the first comment, if the text begins with one', () => {
    expect(titleOf('-- Top events\nSELECT 1')).toBe('Top events');
    expect(titleOf('/* All of it */ SELECT 1')).toBe('All of it');
  });

  it('is the text on one line, cut', () => {
    expect(titleOf('SELECT\n  a\nFROM t')).toBe('SELECT a FROM t');
    expect(titleOf('SELECT '.repeat(20), 10)).toBe('SELECT SE…');
  });
});
