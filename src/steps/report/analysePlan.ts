import { hasDearUniqueIndexes } from '../../contract/flavour.ts';
import type { Analysis } from '../../contract/migrationReport.ts';
import type { Plan } from '../../contract/plan.ts';
import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { estimate } from '../../plan/estimate.ts';
import { indexTime } from './indexTime.ts';

/** The analysis of a plan: what a dry run answers and every report shows. */
export function analysePlan(plan: Plan, layout: LayoutDefinition): Analysis {
  const embedded: Record<string, { rows: number; bytes: number; collection: string }> = {};
  for (const table of layout.markerTables) {
    const rows = plan.tableRows[table];
    if (rows !== undefined) embedded[table] = { rows, bytes: plan.tableBytes[table] ?? 0, collection: '_migration' };
  }
  for (const definition of layout.collections) {
    for (const child of definition.children) {
      if (!child.isCounted) continue;
      embedded[child.table] = {
        rows: plan.tableRows[child.table] ?? 0,
        bytes: plan.tableBytes[child.table] ?? 0,
        collection: definition.collection,
      };
    }
  }
  const sizes = plan.collections.map((collection, index) => ({
    table: collection.table,
    collection: collection.collection,
    rows: collection.rows,
    bytes: collection.bytes,
    indexTerms: layout.collections[index]?.indexes.reduce((sum, definition) => sum + definition.keys.length, 0) ?? 0,
  }));
  const estimated = withRowsThere(
    estimate(sizes, embedded, plan.flavour, plan.requestUnitsPerSecond, plan.offer),
    plan.rowsThere ?? {},
  );
  if (!hasDearUniqueIndexes(plan.flavour)) return estimated;
  const { total } = indexTime({ plan, layout });
  return { ...estimated, estimatedSeconds: estimated.estimatedSeconds + Math.ceil(total) };
}

/** The analysis with all rows that tables have beside those that are carried of them. */
function withRowsThere(analysis: Analysis, rowsThere: Readonly<Record<string, number>>): Analysis {
  const tables = Object.entries(analysis.tables).map(([name, table]) => {
    const there = rowsThere[name];
    return [name, there === undefined ? table : { ...table, there }] as const;
  });
  return { ...analysis, tables: Object.fromEntries(tables) };
}
