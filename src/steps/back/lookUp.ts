import type pg from 'pg';
import { findTable } from '../../contract/sourceSchema.ts';
import type { Lookup } from '../../mlflow/layouts/plugin/back/returning.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import { findable } from '../../source/back/findable.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import { scanCollection } from '../../target/scanCollection.ts';
import type { ExperimentNumbers } from './experimentNumbers.ts';
import type { BackBasis } from './lookAtBoth.ts';
import { projectionOf, returnedDocument } from './returnedRows.ts';

/** What mappings of the layout `mlflow` look up: the database in its transaction, and other collections of the target. */
export function lookUp(
  client: pg.ClientBase,
  { schema, newest }: Pick<BackBasis, 'schema' | 'newest'>,
  access: (collection: string) => DocumentAccess,
  numbers: ExperimentNumbers,
): Lookup {
  const columns = new Map<string, ReadonlySet<string>>();
  return {
    columns: (table) => {
      const known = columns.get(table);
      if (known !== undefined) return known;
      const found = new Set(findTable(schema, table)?.columns.map(({ name }) => name));
      columns.set(table, found);
      return found;
    },
    relation: (table) => `${quoteIdentifier(schema.schema)}.${quoteIdentifier(table)}`,
    source: async <T extends object>(sql: string, values: readonly unknown[]) =>
      (await client.query(sql, findable(values))).rows as readonly T[],
    target: async (collection, filter, fields) => {
      const found = [];
      for await (const page of scanCollection(access(collection), projectionOf(fields), null, filter))
        found.push(...page.map(returnedDocument));
      return found;
    },
    newest: (collection) => newest.get(collection) ?? null,
    experimentId: (id) => Promise.resolve(numbers.numberOf(id)),
  };
}
