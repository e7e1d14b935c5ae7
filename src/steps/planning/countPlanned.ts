import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { isChosen } from '../../contract/tableChoice.ts';
import { carriedTables } from '../../mlflow/layouts/buildLayout.ts';
import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { allOf, wholeRelation } from '../../mlflow/layouts/rows/relations.ts';
import { type CountedRows, countBlocks } from '../../source/countBlocks.ts';
import { countEach } from '../../source/countRows.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';
import { readBlocks } from '../../source/tableBlocks.ts';
import type { PlanningTurn } from './planningTurn.ts';

/** Small ones are counted together: as many as make up so many blocks, some 100 ms of reading. */
const BLOCKS_TOGETHER = 4_096;
const MOST_TOGETHER = 50;

/** Rows that a plan asks the number of. */
interface PlannedCount extends CountedRows {
  readonly table: string;
  /** Of this collection alone; null for all of the table that are wanted; `there`: wanted or not. */
  readonly of: { readonly collection: string } | 'wanted' | 'there';
}

/** Rows by table, and by collection of those that take a part of their table's. */
export interface PlannedRows {
  readonly tables: Readonly<Record<string, number>>;
  readonly collections: Readonly<Record<string, number>>;
  /** All rows of tables of which some experiments' are wanted; empty where no experiments were chosen. */
  readonly there: Readonly<Record<string, number>>;
}

/** Counts for as long as the turn lasts; null where something is left to count. Throws what reading and storing throw. */
export async function countPlanned(
  turn: PlanningTurn,
  source: SourceDatabase,
  layout: LayoutDefinition,
  request: MigrationRequest,
): Promise<PlannedRows | null> {
  const { schema } = turn.draft.basis;
  const planned = plannedCounts(layout, schema, request);
  if (turn.draft.counts.length < planned.length) await countOn(turn, source, planned, schema.schema);
  const { counts } = turn.draft;
  if (counts.length < planned.length) return null;
  const named = planned.map(({ table, of }, index) => [table, of, counts[index] as number] as const);
  const rowsOf = (sort: 'wanted' | 'there') =>
    Object.fromEntries(named.flatMap(([table, of, rows]) => (of === sort ? [[table, rows]] : [])));
  return {
    tables: rowsOf('wanted'),
    collections: Object.fromEntries(
      named.flatMap(([, of, rows]) => (typeof of === 'string' ? [] : [[of.collection, rows]])),
    ),
    there: rowsOf('there'),
  };
}

async function countOn(
  turn: PlanningTurn,
  source: SourceDatabase,
  planned: readonly PlannedCount[],
  schema: string,
): Promise<void> {
  const tables = [...new Set(planned.map(({ table }) => table))];
  const blocksOf = await source.read((client) => readBlocks(client, schema, tables));
  while (turn.draft.counts.length < planned.length && turn.hasTime()) {
    const { counts, counting } = turn.draft;
    const next = planned[counts.length] as PlannedCount;
    const blocks = blocksOf[next.table] ?? null;
    if (counting !== null || (blocks !== null && blocks > BLOCKS_TOGETHER)) {
      const { isWhole, rows } = await countBlocks(source, next, blocks ?? 0, counting, {
        hasTime: () => turn.hasTime(),
        keep: (position) => turn.move({ counting: position }),
      });
      if (isWhole) await turn.move({ counts: [...counts, rows], counting: null });
    } else {
      const group = smallOnes(planned.slice(counts.length), blocksOf);
      const rows = await source.read((client) => countEach(client, group));
      await turn.move({ counts: [...counts, ...rows] });
    }
  }
}

/** The first of those left, and the next that are small beside it. One whose blocks nobody knows is counted alone. */
function smallOnes(
  left: readonly PlannedCount[],
  blocksOf: Readonly<Record<string, number | null>>,
): readonly PlannedCount[] {
  let sum = 0;
  const end = left.findIndex(({ table }) => {
    sum += blocksOf[table] ?? Number.POSITIVE_INFINITY;
    return sum > BLOCKS_TOGETHER;
  });
  return left.slice(0, Math.max(1, Math.min(end < 0 ? left.length : end, MOST_TOGETHER)));
}

/** What is counted for a plan, in the order in which that is done. */
export function plannedCounts(
  layout: LayoutDefinition,
  schema: SourceSchema,
  request: MigrationRequest,
): PlannedCount[] {
  // The table itself, as a subquery of wanted rows has no blocks.
  const fromOf = (table: string) => `${wholeRelation(schema, table)} t`;
  const scopeOf = (table: string) => layout.scopes[table] ?? null;
  const tables = plannedTables(layout, schema, request);
  const ofTables = tables.map(
    (table): PlannedCount => ({ table, of: 'wanted', from: fromOf(table), where: scopeOf(table) }),
  );
  const chosen = request.experiments === null ? [] : tables.filter((table) => scopeOf(table) !== null);
  const ofAll = chosen.map((table): PlannedCount => ({ table, of: 'there', from: fromOf(table), where: null }));
  const ofParts = layout.collections.flatMap(({ table, collection, where }): PlannedCount[] =>
    where === null ? [] : [{ table, of: { collection }, from: fromOf(table), where: allOf(scopeOf(table), where) }],
  );
  return [...ofTables, ...ofParts, ...ofAll];
}

/** Tables whose rows arrive somewhere: roots, counted children, and those that stand in the marker. */
function plannedTables(layout: LayoutDefinition, schema: SourceSchema, request: MigrationRequest): string[] {
  const names = new Set(carriedTables(layout));
  for (const { name } of schema.tables) {
    if (layout.markerTables.has(name) && isChosen(request, name)) names.add(name);
  }
  return [...names].sort();
}
