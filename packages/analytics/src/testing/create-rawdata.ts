import { tables } from '@taphouse/schema';

/** An empty `rawdata` in DuckDB, for tests that ask only about `aggregated`: the views need both. */
export const createRawdata = `CREATE TABLE rawdata (${tables.rawdata.map(({ name, type }) => `${name} ${type}`).join(', ')})`;
