import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { newSince } from '../../source/changedSince.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';

/** Rows of one snapshot: all, and those that were written since. */
export interface ChangedCount {
  readonly all: number;
  readonly changed: number;
}

const ALL = { joins: '', condition: 'true' };

/** Rows of a definition in one snapshot: all, and those written since a transaction (all, where the definition cannot tell). */
export async function countChanged(
  source: SourceDatabase,
  definition: Pick<CollectionDefinition, 'from' | 'where' | 'rowVersion' | 'rootVersion' | 'entered'>,
  since: string,
): Promise<ChangedCount> {
  const where = definition.where === null ? '' : ` where ${definition.where}`;
  // Without a row version any row may have changed: only fewer documents than rows then says that none vanished.
  const version = definition.rowVersion ?? definition.rootVersion ?? null;
  const { joins, condition } = version === null ? ALL : newSince(definition, version, since);
  return await source.read(async (client) => {
    const result = await client.query<{ all: string; changed: string }>(
      `select count(*)::text as all, (count(*) filter (where ${condition}))::text as changed from ${definition.from}${joins}${where}`,
    );
    const row = result.rows[0] as { all: string; changed: string };
    return { all: Number(row.all), changed: Number(row.changed) };
  });
}
