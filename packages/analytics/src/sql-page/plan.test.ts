import type { ManifestFile } from '@taphouse/schema';
import { describe, expect, it } from 'vitest';

import { estimateBytes, plannedScans, tablesOf } from './plan.ts';

/** As DuckDB-WASM 1.28.0 draws it: a join of two scans, side by side. */
const join = `┌───────────────────────────┐
│         HASH_JOIN         │
│   ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─   │
│           INNER           │
│     user_id = user_id     ├──────────────┐
└─────────────┬─────────────┘              │
┌─────────────┴─────────────┐┌─────────────┴─────────────┐
│       READ_PARQUET        ││         PROJECTION        │
│   ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─   ││   ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─   │
│          user_id          ││          user_id          │
│        client_event       │└─────────────┬─────────────┘
│   ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─   │┌─────────────┴─────────────┐
│ Filters: user_id='50' AND ││       READ_PARQUET        │
│     user_id IS NOT NULL   ││   ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─   │
│   ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─   ││          user_id          │
│         EC: 5000          ││           events          │
└───────────────────────────┘│   ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─   │
                             │         EC: 20000         │
                             └───────────────────────────┘`;

const file = (bytes: number): ManifestFile => ({ path: 'a.parquet', bytes, rows: 1, minAt: 0, maxAt: 0, sealed: true });
const files = { rawdata: [file(1000)], aggregated: [file(600)] };
const shares = {
  rawdata: new Map([
    ['user_id', 0.1],
    ['client_event', 0.2],
  ]),
  aggregated: new Map([
    ['user_id', 0.5],
    ['events', 0.25],
  ]),
};

describe('plannedScans', () => {
  it('reads the columns of every scan, and neither filters nor other boxes', () => {
    expect(plannedScans(join)).toEqual([
      ['user_id', 'client_event'],
      ['user_id', 'events'],
    ]);
  });

  it('finds none in a plan without Parquet', () => {
    expect(
      plannedScans('┌───────────────────────────┐\n│         DUMMY_SCAN        │\n└───────────────────────────┘'),
    ).toEqual([]);
  });
});

describe('estimateBytes', () => {
  it('adds the columns of each scan, in all files of its table', () => {
    const sql = 'SELECT * FROM rawdata JOIN sessions USING (user_id)';
    expect(estimateBytes(sql, join, files, shares)).toBe(300 + 450);
  });

  it('takes all bytes of the tables mentioned where there is no plan', () => {
    expect(estimateBytes('PIVOT sessions ON device_id', null, files, shares)).toBe(600);
  });

  it('is 0 for what reads no row, and all for what reads every column', () => {
    expect(estimateBytes('DESCRIBE sessions', null, files, shares)).toBe(0);
    expect(estimateBytes('EXPLAIN SELECT * FROM sessions', null, files, shares)).toBe(0);
    expect(estimateBytes('SUMMARIZE sessions', null, files, shares)).toBe(600);
    expect(estimateBytes('EXPLAIN ANALYZE SELECT * FROM sessions', null, files, shares)).toBe(600);
  });

  it('is 0 without a scan', () => {
    expect(estimateBytes('SELECT 1', '', files, shares)).toBe(0);
  });
});

describe('tablesOf', () => {
  it('finds tables behind views, and not in strings or comments', () => {
    expect([...tablesOf('SELECT * FROM sessions_within(INTERVAL 1 hour)')]).toEqual(['aggregated']);
    expect([...tablesOf('SELECT * FROM "EVENTS"')]).toEqual(['rawdata']);
    expect([...tablesOf("SELECT 'sessions' -- events")]).toEqual([]);
  });
});
