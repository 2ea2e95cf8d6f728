import { DataType, type Table } from 'apache-arrow';

import { plainRows } from './plain-rows.ts';
import { quoted } from './sql/quoted.ts';
import { tokens } from './sql/tokens.ts';

/**
 * The answer to a statement, asked again where its values can not be believed: DuckDB-WASM 1.28.0 hands on DECIMAL and
 * HUGEINT within lists, maps and structs as if their bytes were those of a DOUBLE, and an INTERVAL cut in half. Asked again,
 * these are DOUBLE, and the interval is text.
 *
 * @param ask runs a statement with the values of this one
 */
export async function soundTable(table: Table, sql: string, ask: (sql: string) => Promise<Table>): Promise<Table> {
  if (!table.schema.fields.some(({ type }) => isDoubtful(type))) return table;
  const text = withoutEnd(sql);
  const described = await ask(`DESCRIBE ${text}`).catch(() => null);
  const columns = described ? plainRows<{ column_name: string; column_type: string }>(described) : [];
  const casts = columns.flatMap(({ column_name, column_type }) => {
    const name = quoted(column_name);
    const sound = soundType(column_type);
    return sound === column_type ? [] : [`CAST(${name} AS ${sound}) AS ${name}`];
  });
  if (casts.length === 0) return table;
  return ask(`SELECT * REPLACE (${casts.join(', ')}) FROM (${text}\n)`);
}

/** A DuckDB type as DuckDB-WASM hands it on soundly; most are that as they are. */
export function soundType(type: string): string {
  if (type === 'INTERVAL') return 'VARCHAR';
  if (!/[[(]/.test(type) || /^DECIMAL\(\d+,\d+\)$/.test(type)) return type;
  return type.replace(/"(?:[^"]|"")*"|\b(DECIMAL\(\d+,\d+\)|HUGEINT|INTERVAL)/g, (part, leaf?: string) =>
    leaf === undefined ? part : leaf === 'INTERVAL' ? 'VARCHAR' : 'DOUBLE',
  );
}

function isDoubtful(type: DataType): boolean {
  return DataType.isInterval(type) || (type.children ?? []).some((child) => isDoubtfulWithin(child.type));
}

function isDoubtfulWithin(type: DataType): boolean {
  return DataType.isFloat(type) || DataType.isDecimal(type) || isDoubtful(type);
}

function withoutEnd(sql: string): string {
  const last = tokens(sql).findLast(({ kind }) => kind !== 'comment');
  return last?.text === ';' ? sql.slice(0, last.from) + sql.slice(last.to) : sql;
}
