import { isPermanent, MigrationError } from '../../errors.ts';
import type { PlannedWork } from '../../runtime/services.ts';
import { countRows } from '../../source/countRows.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';

/** Wanted rows of the tables; one that cannot be counted any more is left out, and fails where it is asked for. */
export async function countTables(
  source: SourceDatabase,
  { plan, layout }: PlannedWork,
  tables: readonly string[],
): Promise<Record<string, number>> {
  try {
    return await source.read((client) => countRows(client, plan.schema.schema, tables, layout.scopes));
  } catch (error) {
    if (!isPermanent(error) || (error instanceof MigrationError && error.kind === 'interrupted')) throw error;
    if (tables.length <= 1) return {};
  }
  const middle = tables.length >> 1;
  const halves = [tables.slice(0, middle), tables.slice(middle)];
  return Object.assign({}, ...(await Promise.all(halves.map((half) => countTables(source, { plan, layout }, half)))));
}
