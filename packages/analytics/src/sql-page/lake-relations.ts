import { type Column, type TableName, tables } from '@taphouse/schema';

/** A relation of the lake, as the side list, the completion and the estimate know it. */
export interface LakeRelation {
  name: string;
  /** What to write to read it, where that is more than its name. */
  call?: string;
  kind: 'table' | 'view' | 'macro';
  /** The table whose files it reads. */
  reads: TableName;
  about: string;
  columns: readonly Column[];
}

/** A session may have several rows, so it has no `row_id`. */
const sessionColumns = tables.aggregated.filter(({ name }) => name !== 'row_id');

/** Views first: they are what one asks most. The tables under them hold copies and parts. */
export const lakeRelations: readonly LakeRelation[] = [
  {
    name: 'sessions',
    kind: 'view',
    reads: 'aggregated',
    about: 'one row a session: the rows of one stagger window, merged',
    columns: sessionColumns,
  },
  {
    name: 'sessions_within',
    call: 'sessions_within(INTERVAL 30 minutes)',
    kind: 'macro',
    reads: 'aggregated',
    about: 'sessions that end after a pause of your choice, exact for any gap from the step on',
    columns: sessionColumns,
  },
  {
    name: 'events',
    kind: 'view',
    reads: 'rawdata',
    about: 'one row a click, copies left out',
    columns: tables.rawdata,
  },
  {
    name: 'clicks_today',
    kind: 'view',
    reads: 'aggregated',
    about: 'sessions of today, UTC, as in the article',
    columns: sessionColumns,
  },
  {
    name: 'clicks_month',
    kind: 'view',
    reads: 'aggregated',
    about: 'sessions of this month, UTC, as in the article',
    columns: sessionColumns,
  },
  {
    name: 'aggregated',
    kind: 'table',
    reads: 'aggregated',
    about: 'one row a closed window; a session may have several, and a row copies',
    columns: tables.aggregated,
  },
  {
    name: 'rawdata',
    kind: 'table',
    reads: 'rawdata',
    about: 'one row an event as it came, copies included',
    columns: tables.rawdata,
  },
];
