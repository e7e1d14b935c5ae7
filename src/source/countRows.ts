import type pg from 'pg';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { quoteIdentifier } from '../quoteSql.ts';
import type { CountedRows } from './countBlocks.ts';
import { HAS_HEIRS } from './heirs.ts';

/** Tables counted in one statement: one snapshot and one round trip, at a bounded statement size. */
const TABLES_PER_STATEMENT = 50;

/** Exact row counts of tables, in the transaction's snapshot; of those rows alone that a condition over `t` is met by, where `scopes` has one. */
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
    const counted = group.map((table) => {
      const only = parents.has(table) ? 'only ' : '';
      return { from: `${only}${quoteIdentifier(schema)}.${quoteIdentifier(table)} t`, where: scopes[table] ?? null };
    });
    const rows = await countEach(client, counted);
    group.forEach((table, index) => {
      counts[table] = rows[index] ?? 0;
    });
  }
  return counts;
}

/** Exact row counts in the order of what is to be counted, by one statement. */
export async function countEach(client: pg.ClientBase, counted: readonly CountedRows[]): Promise<number[]> {
  const columns = counted.map(
    ({ from, where }) => `(select count(*) from ${from}${where === null ? '' : ` where ${where}`})::text`,
  );
  const result = await client.query<string[]>({ text: `select ${columns.join(', ')}`, rowMode: 'array' });
  return (result.rows[0] ?? []).map(Number);
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
