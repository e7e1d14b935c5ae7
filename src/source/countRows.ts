import type pg from 'pg';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { quoteIdentifier } from '../quoteSql.ts';
import { HAS_HEIRS } from './heirs.ts';

/** Tables counted in one statement: one snapshot and one round trip, at a bounded statement size. */
const TABLES_PER_STATEMENT = 50;

/** Exact row counts of tables, in the transaction's snapshot; of a table with a scope (a condition over `t`) only those rows. */
export async function countRows(
  client: pg.ClientBase,
  schema: string,
  tables: readonly string[],
  scopes: Readonly<Record<string, string>> = {},
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const found = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and ${HAS_HEIRS}`,
    [schema],
  );
  const parents = new Set(found.rows.map(({ name }) => name));
  for (let start = 0; start < tables.length; start += TABLES_PER_STATEMENT) {
    const group = tables.slice(start, start + TABLES_PER_STATEMENT);
    const columns = group.map(
      (table) =>
        `(select count(*) from ${parents.has(table) ? 'only ' : ''}${quoteIdentifier(schema)}.${quoteIdentifier(table)} t${scopes[table] === undefined ? '' : ` where ${scopes[table]}`})::text`,
    );
    const result = await client.query<(string | null)[]>({ text: `select ${columns.join(', ')}`, rowMode: 'array' });
    group.forEach((table, index) => {
      counts[table] = Number(result.rows[0]?.[index] ?? 0);
    });
  }
  return counts;
}

/** How many documents a definition makes, in the transaction's snapshot. */
export async function countDocuments(
  client: pg.ClientBase,
  definition: Pick<CollectionDefinition, 'from' | 'where'>,
): Promise<number> {
  const where = definition.where === null ? '' : ` where ${definition.where}`;
  const result = await client.query<{ count: string }>(
    `select count(*)::text as count from ${definition.from}${where}`,
  );
  return Number(result.rows[0]?.count ?? 0);
}
