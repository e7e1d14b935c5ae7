import type { CollectionDefinition, JoinedCondition, JoinedDocuments } from '../../mlflow/layouts/layout.ts';
import { newSince } from '../../source/changedSince.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';

/** Documents that a definition makes and rows that stand in them, in one snapshot of the source. */
export interface JoinedCount {
  readonly documents: number;
  /** Documents that hold joined rows. */
  readonly holding: number;
  /** Those of them that were written since. */
  readonly changed: number;
  /** Rows of each table that has rows in the documents. */
  readonly rows: Readonly<Record<string, number>>;
}

function writtenSince(definition: CollectionDefinition, since: string | null): JoinedCondition {
  if (since === null) return { joins: '', condition: 'false' };
  if (definition.rowVersion === null) return { joins: '', condition: 'true' };
  return newSince(definition, definition.rowVersion, since);
}

/** Counts what a definition with joined rows makes; `since` is a transaction of the source, null where nothing counts as changed. */
export async function countJoined(
  source: SourceDatabase,
  definition: CollectionDefinition,
  { condition }: JoinedDocuments,
  since: string | null,
): Promise<JoinedCount> {
  const where = definition.where === null ? '' : ` where ${definition.where}`;
  const children = definition.children.filter((child) => 'countAt' in child);
  const { joins, condition: changed } = writtenSince(definition, since);
  const columns = [
    'count(*)',
    `count(*) filter (where ${condition})`,
    `count(*) filter (where ${condition} and coalesce(${changed}, true))`,
    ...children.map(({ countAt }) => `coalesce(sum(${definition.select[countAt] as string}), 0)`),
  ].map((column) => `(${column})::text`);
  return await source.read(async (client) => {
    const result = await client.query<string[]>({
      text: `select ${columns.join(', ')} from ${definition.from}${joins}${where}`,
      rowMode: 'array',
    });
    const [documents = 0, holding = 0, changedHolding = 0, ...sums] = (result.rows[0] ?? []).map(Number);
    const rows = children.map(({ table }, index): [string, number] => [
      table,
      // A document is one row of its own table, but for those that the count takes off.
      (table === definition.table ? documents : 0) + (sums[index] ?? 0),
    ]);
    return { documents, holding, changed: changedHolding, rows: Object.fromEntries(rows) };
  });
}
