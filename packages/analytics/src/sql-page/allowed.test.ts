import { describe, expect, it } from 'vitest';

import { allowed, RefusedError } from './allowed.ts';
import { exampleGroups } from './examples.ts';

describe('allowed', () => {
  it.each([
    ['SELECT 1', 'rows'],
    ['-- said first\nwith x as (select 1) from x', 'rows'],
    ['FROM sessions', 'rows'],
    ['(SELECT 1)', 'rows'],
    ['PIVOT sessions ON device_id USING count(*)', 'rows'],
    ['DESCRIBE sessions', 'about'],
    ['EXPLAIN ANALYZE SELECT 1', 'about'],
    ['CREATE OR REPLACE TEMP TABLE mine AS SELECT 1', 'define'],
    ['CREATE MACRO twice(a) AS a * 2', 'define'],
    ['INSERT INTO mine VALUES (1)', 'define'],
    ['DROP TABLE IF EXISTS mine', 'define'],
  ])('%s gives %s', (sql, kind) => {
    expect(allowed(sql)).toBe(kind);
  });

  it.each([
    'INSTALL httpfs',
    'load json',
    "ATTACH 'x.db'",
    "COPY sessions TO 'x.csv'",
    "EXPORT DATABASE 'x'",
    'SET autoinstall_known_extensions = true',
    "PRAGMA enable_profiling='json'",
    'CALL pragma_version()',
    "EXPLAIN ANALYZE COPY sessions TO 'x.csv'",
    "/* SELECT */ COPY sessions TO 'x.csv'",
    'CREATE SECRET s (TYPE S3)',
    'CREATE OR REPLACE VIEW sessions AS SELECT 1',
    'CREATE OR REPLACE VIEW main."Sessions" AS SELECT 1',
    'DROP VIEW rawdata',
    'DELETE FROM taphouse_result_1',
    'constructor',
    '__proto__',
  ])('refuses %s', (sql) => {
    expect(() => allowed(sql)).toThrow(RefusedError);
  });

  it('takes every example', () => {
    for (const { examples } of exampleGroups) for (const { sql } of examples) expect(allowed(sql)).toBe('rows');
  });
});
