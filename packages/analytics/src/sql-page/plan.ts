import type { Manifest, ManifestFile, TableName } from '@taphouse/schema';
import { tables } from '@taphouse/schema';

import { lakeRelations } from './lake-relations.ts';
import { tokens } from '../sql/tokens.ts';

/** Width of one box in the plan that EXPLAIN draws. */
const boxWidth = 29;

/** The columns of each Parquet scan in a plan, as EXPLAIN draws it. */
export function plannedScans(plan: string): string[][] {
  const scans: string[][] = [];
  const open = new Map<number, { columns: string[]; rules: number } | null>();
  for (const line of plan.split('\n')) {
    for (let start = 0; start < line.length; start += boxWidth) {
      const text = line.slice(start, start + boxWidth);
      if (!text.startsWith('│')) {
        open.delete(start);
        continue;
      }
      readBoxLine(text.replace(/[│]/g, '').trim(), start);
    }
  }
  return scans;

  function readBoxLine(said: string, start: number): void {
    const box = open.get(start);
    if (box === undefined) {
      const scan = said === 'READ_PARQUET' ? { columns: [], rules: 0 } : null;
      open.set(start, scan);
      if (scan) scans.push(scan.columns);
    } else if (box) {
      // Under the name: a rule, then a column a line, then another rule and the filters.
      if (said.startsWith('─')) box.rules += 1;
      else if (box.rules === 1 && said) box.columns.push(said);
    }
  }
}

/** The part of a table's bytes that each column takes, by name; the parts add up to 1. */
export type ColumnShares = Readonly<Record<TableName, ReadonlyMap<string, number>>>;

/** The tables a statement mentions, itself or through a view. */
export function tablesOf(sql: string): Set<TableName> {
  const names = new Set(
    tokens(sql)
      .filter(({ kind }) => kind === 'word' || kind === 'quoted')
      .map(({ text }) => text.toLowerCase().replaceAll('"', '')),
  );
  return new Set(lakeRelations.filter(({ name }) => names.has(name)).map(({ reads }) => reads));
}

/**
 * The most bytes of Parquet that a statement can scan: the columns of each planned scan, in all files it can need.
 * Row groups that a filter leaves out are not known before, so it may well be less.
 *
 * @param files those that the statement can need, by the manifest
 * @param plan what EXPLAIN drew, or null if it could not; every column is then taken for read
 */
export function estimateBytes(
  sql: string,
  plan: string | null,
  files: Readonly<Record<TableName, readonly ManifestFile[]>>,
  shares: ColumnShares,
): number {
  const mentioned = readsRows(sql) ? [...tablesOf(sql)] : [];
  if (plan === null) return sum(mentioned.map((table) => bytesOf(files[table])));
  return sum(
    plannedScans(plan).map((columns) =>
      Math.max(0, ...tablesWith(columns, mentioned).map((table) => scanBytes(columns, files[table], shares[table]))),
    ),
  );
}

/** DESCRIBE, SHOW and EXPLAIN read no row; SUMMARIZE and EXPLAIN ANALYZE do. */
function readsRows(sql: string): boolean {
  const [verb, next] = tokens(sql)
    .filter(({ kind }) => kind !== 'comment')
    .map(({ text }) => text.toLowerCase());
  if (verb === 'explain') return next === 'analyze';
  return verb !== 'describe' && verb !== 'desc' && verb !== 'show';
}

/** Tables that have all these columns; of those mentioned, if the statement mentions any. */
function tablesWith(columns: readonly string[], mentioned: readonly TableName[]): TableName[] {
  const candidates = mentioned.length > 0 ? mentioned : (Object.keys(tables) as TableName[]);
  return candidates.filter((table) => columns.every((name) => tables[table].some((column) => column.name === name)));
}

function scanBytes(
  columns: readonly string[],
  files: readonly ManifestFile[],
  shares: ReadonlyMap<string, number>,
): number {
  const all = bytesOf(files);
  return Math.min(all, sum(columns.map((name) => all * (shares.get(name) ?? 1))));
}

/** Bytes of all live files of a table. */
export function tableBytes(manifest: Manifest | null): number {
  return bytesOf(manifest?.files ?? []);
}

function bytesOf(files: readonly ManifestFile[]): number {
  return sum(files.map(({ bytes }) => bytes));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
