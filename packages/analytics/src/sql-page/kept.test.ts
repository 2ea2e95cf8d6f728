import { describe, expect, it } from 'vitest';

import { exportSaved, importSaved, type SavedQuery } from './kept.ts';

const query = (name: string, sql = 'SELECT 1'): SavedQuery => ({ name, sql, savedAt: 1 });

describe('saved queries as a file', () => {
  it('come back as they were', () => {
    const saved = [query('one'), query('two', "SELECT 'ü' -- \n")];
    expect(importSaved([], exportSaved(saved))).toEqual(saved);
  });

  it('replace those of the same name, and keep the others', () => {
    const file = exportSaved([query('one', 'SELECT 2')]);
    expect(importSaved([query('one'), query('two')], file)).toEqual([query('two'), query('one', 'SELECT 2')]);
  });

  it.each(['nonsense', '[]', '{"format":"taphouse-queries","queries":[{"name":1}]}', 'null'])('refuses %s', (text) => {
    expect(() => importSaved([], text)).toThrow(RangeError);
  });
});
