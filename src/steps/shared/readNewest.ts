import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';
import type { Newest } from '../../target/laterWrites.ts';

/** When the newest rows of the source were made, for each collection that tells; none where there are no rows. Throws source errors. */
export async function readNewest(
  source: SourceDatabase,
  { newest }: Pick<LayoutDefinition, 'newest'>,
): Promise<Newest[]> {
  if (newest.length === 0) return [];
  return await source.read(async (client) => {
    const found: Newest[] = [];
    for (const { collection, field, isIndexed, sql } of newest) {
      const { rows } = await client.query<{ newest: string | null }>(sql);
      const value = rows[0]?.newest ?? null;
      if (value !== null) found.push({ collection, field, isIndexed, value: BigInt(value) });
    }
    return found;
  });
}
