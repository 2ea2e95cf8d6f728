import { PostgreSQL, SQLDialect } from '@codemirror/lang-sql';

/** Words of DuckDB that PostgreSQL has not, or does not reserve. */
const more =
  'qualify pivot unpivot pivot_longer pivot_wider summarize describe show asof positional anti semi exclude columns ' +
  'macro filter ignore respect nulls struct map sample using glob include lambda recursive window over partition ' +
  'range rows groups preceding following unbounded current row ilike try_cast first last';

/** DuckDB's SQL, for colour and completion. */
export const DuckDbDialect: SQLDialect = SQLDialect.define({
  ...PostgreSQL.spec,
  keywords: `${PostgreSQL.spec.keywords ?? ''} ${more}`,
  types: `${PostgreSQL.spec.types ?? ''} hugeint ubigint uinteger usmallint utinyint tinyint double varchar blob timestamp_ms timestamp_s timestamp_ns`,
  doubleDollarQuotedStrings: true,
  operatorChars: '+-*/<>=~!@#%^&|?:',
});
