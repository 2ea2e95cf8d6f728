import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { schemaCompletionSource, type SQLNamespace } from '@codemirror/lang-sql';
import { LanguageSupport, syntaxTree } from '@codemirror/language';

import { DuckDbDialect } from './duckdb-dialect.ts';
import { lakeRelations } from './lake-relations.ts';
import type { SqlFunction } from './lake-session.ts';
import { tokens } from '../sql/tokens.ts';
import { statementAt } from './statements.ts';

/** The lake's relations and columns, for completion after FROM and after a dot. */
const lakeNamespace: SQLNamespace = Object.fromEntries(
  lakeRelations.map(({ name, call, kind, about, columns }) => [
    name,
    {
      self: {
        label: call ?? name,
        type: kind === 'table' ? 'class' : 'interface',
        detail: kind,
        info: about,
        boost: 2,
      },
      children: columns.map((column) => ({
        label: column.name,
        type: 'property',
        detail: column.type,
        info: column.about,
      })),
    },
  ]),
);

/** Words one writes; the dialect colours many more that nobody wants offered. */
const keywords: Completion[] = [
  'SELECT FROM WHERE WITH AS AND OR NOT IN IS NULL LIKE ILIKE BETWEEN CASE WHEN THEN ELSE END DISTINCT LIMIT OFFSET ASC',
  'DESC JOIN USING ON CROSS UNION ALL EXCEPT INTERSECT HAVING QUALIFY OVER WINDOW FILTER EXISTS INTERVAL CAST TRY_CAST',
  'DATE TIMESTAMP VARCHAR BIGINT DOUBLE TRUE FALSE DESCRIBE SUMMARIZE EXPLAIN ANALYZE PIVOT UNPIVOT EXCLUDE REPLACE',
  'VALUES RECURSIVE LATERAL ASOF ROWS RANGE PRECEDING FOLLOWING UNBOUNDED',
]
  .flatMap((line) => line.split(' '))
  .concat('GROUP BY', 'ORDER BY', 'PARTITION BY', 'LEFT JOIN', 'INNER JOIN', 'FULL JOIN', 'NULLS LAST', 'NULLS FIRST')
  .concat('CURRENT ROW', 'USING SAMPLE', 'CREATE TEMP TABLE', 'DROP TABLE')
  .map((label) => ({ label, type: 'keyword', boost: -2 }));

function keywordSource(context: CompletionContext): CompletionResult | null {
  const word = wordBefore(context);
  return word && { from: word.from, options: keywords, validFor: /^\w*$/ };
}

/** SQL with the lake's names, and keywords where a name does not go on after a dot. */
export const sqlLanguage: LanguageSupport = new LanguageSupport(DuckDbDialect.language, [
  DuckDbDialect.language.data.of({
    autocomplete: schemaCompletionSource({ dialect: DuckDbDialect, schema: lakeNamespace }),
  }),
  DuckDbDialect.language.data.of({ autocomplete: keywordSource }),
]);

/** Columns of the relations that the statement names, without a name before them; of all relations, if it names none. */
export function columnSource(context: CompletionContext): CompletionResult | null {
  const word = wordBefore(context);
  if (!word) return null;
  const statement = statementAt(context.state.doc.toString(), context.pos)?.text ?? '';
  const named = new Set(tokens(statement).map(({ text }) => text.toLowerCase()));
  const relations = lakeRelations.filter(({ name }) => named.has(name));
  const columns = (relations.length > 0 ? relations : lakeRelations).flatMap((relation) => relation.columns);
  const options = new Map<string, Completion>();
  for (const { name, type, about } of columns) {
    options.set(name, { label: name, type: 'property', detail: type, info: about, boost: 3 });
  }
  return { from: word.from, options: [...options.values()], validFor: /^\w*$/ };
}

/** DuckDB's functions, as the database itself lists them. */
export function functionSource(functions: readonly SqlFunction[]): CompletionSource {
  const others = functions.filter(({ name }) => !lakeRelations.some((relation) => relation.name === name));
  const options: Completion[] = others.map(({ name, kind, parameters, description }) => ({
    label: name,
    type: 'function',
    detail: `(${parameters})`,
    ...(description ? { info: description } : {}),
    apply: (view, _completion, from, to) => {
      const bracket = view.state.sliceDoc(to, to + 1) === '(' ? '' : '()';
      view.dispatch({
        changes: { from, to, insert: name + bracket },
        selection: { anchor: from + name.length + 1 },
        userEvent: 'input.complete',
      });
    },
    boost: kind === 'aggregate' ? 0 : -1,
  }));
  return (context) => {
    const word = wordBefore(context);
    return word ? { from: word.from, options, validFor: /^\w*$/ } : null;
  };
}

/** The word being typed, unless it follows a dot or stands in a string or comment. */
function wordBefore(context: CompletionContext): { from: number } | null {
  const word = context.matchBefore(/\w*/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  if (context.state.sliceDoc(word.from - 1, word.from) === '.') return null;
  const around = syntaxTree(context.state).resolveInner(context.pos, -1).name;
  return /String|Comment/.test(around) ? null : word;
}
