import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { formatCount } from '../../formatCount.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import type { RowQuestion, Scopes } from './rowQuestions.ts';
import { tableReferences } from './tableReferences.ts';

/** How many rows of the tables refer to a row that is not there. A migration finds the same when it checks references. */
export function orphanQuestions(schema: SourceSchema, scopes: Scopes, tables: ReadonlySet<string>): RowQuestion[] {
  const relation = (table: string) => `${quoteIdentifier(schema.schema)}.${quoteIdentifier(table)}`;
  return schema.tables
    .filter(({ name }) => tables.has(name))
    .flatMap((table) =>
      tableReferences(schema, table).map(({ columns, referencedTable, referencedColumns }) => {
        const child = columns.map((column) => `t.${quoteIdentifier(column)}`);
        const match = child.map(
          (column, index) => `p.${quoteIdentifier(referencedColumns[index] as string)} = ${column}`,
        );
        const conditions = [
          ...child.map((column) => `${column} is not null`),
          `not exists (select from ${relation(referencedTable)} p where ${match.join(' and ')})`,
          ...(scopes[table.name] === undefined ? [] : [`(${scopes[table.name]})`]),
        ];
        return {
          table: table.name,
          sql: `select count(*)::text as count from ${relation(table.name)} t where ${conditions.join(' and ')}`,
          describe: ({ count = 0 }) =>
            count === 0
              ? null
              : `${formatCount(count)} ${count === 1 ? 'row refers' : 'rows refer'} by ${columns.join(', ')} to a row that ${referencedTable} has not: carried as ${count === 1 ? 'it is' : 'they are'}`,
        } satisfies RowQuestion;
      }),
    );
}
