import type { CollectionPlan } from '../../contract/plan.ts';
import { findTable, type SourceSchema } from '../../contract/sourceSchema.ts';
import type { CollectionDefinition, LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { allOf, wholeRelation } from '../../mlflow/layouts/rows/relations.ts';
import { cutRanges, type RangeLimits, rangeCount } from '../../plan/cutRanges.ts';
import { digestRangeCount, digestRanges } from '../../plan/digestRanges.ts';
import { type SampleWay, sampleKeys } from '../../source/sampleKeys.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';
import { isCancelledByServer } from '../../source/sourceError.ts';
import type { PlannedRows } from './countPlanned.ts';
import type { PlanningTurn } from './planningTurn.ts';

/** A sample of rows reads the whole table, which is worth it up to this size: rows of one block often belong to one run, and cut less evenly. */
const MAX_SAMPLED_ROWS = 20_000_000;
const MAX_SAMPLED_BYTES = 1024 ** 3;

/** What ranges are cut by. */
interface Sizes {
  readonly rows: PlannedRows;
  readonly tableBytes: Readonly<Record<string, number>>;
  readonly limits: RangeLimits;
}

/**
 * Cuts the layout's collections into the ranges that they are copied in, for as long as the turn lasts; null where some are left.
 * Throws what reading and storing throw.
 */
export async function cutCollections(
  turn: PlanningTurn,
  source: SourceDatabase,
  layout: LayoutDefinition,
  sizes: Sizes,
): Promise<readonly CollectionPlan[] | null> {
  for (const definition of layout.collections.slice(turn.draft.collections.length)) {
    if (!turn.hasTime()) return null;
    const cut = await cutCollection(turn, source, { layout, definition }, sizes);
    await turn.move({ collections: [...turn.draft.collections, cut] });
  }
  return turn.draft.collections;
}

async function cutCollection(
  turn: PlanningTurn,
  source: SourceDatabase,
  { layout, definition }: { readonly layout: LayoutDefinition; readonly definition: CollectionDefinition },
  { rows: counted, tableBytes, limits }: Sizes,
): Promise<CollectionPlan> {
  const { collection, table } = definition;
  const rows = counted.collections[collection] ?? counted.tables[table] ?? 0;
  const bytes = collectionBytes(definition, tableBytes);
  const sizes = { collection, table, rows, bytes };
  if (definition.isCutByDigest === true) {
    return { ...sizes, ranges: digestRanges(digestRangeCount(rows, bytes, limits)) };
  }
  const count = definition.cutBy.length === 0 ? 1 : rangeCount(rows, bytes, limits);
  const { schema } = turn.draft.basis;
  const canSample = findTable(schema, table)?.canSample ?? false;
  const isSmall = rows <= MAX_SAMPLED_ROWS && (tableBytes[table] ?? 0) <= MAX_SAMPLED_BYTES;
  const way = canSample ? (isSmall ? 'rows' : 'blocks') : 'counted';
  const keys =
    count === 1 ? [] : await sample(source, sampled(schema, layout, definition), { rows, rangeCount: count, way });
  return { ...sizes, ranges: cutRanges(keys, count) };
}

/** What keys are sampled of: the table itself, as a subquery of wanted rows cannot be. */
type Sampled = Parameters<typeof sampleKeys>[1];

function sampled(schema: SourceSchema, { scopes }: LayoutDefinition, definition: CollectionDefinition): Sampled {
  const scope = scopes[definition.table];
  if (scope === undefined) return definition;
  const { cutBy, where } = definition;
  const from = `${wholeRelation(schema, definition.table)} t`;
  return { from, where: allOf(scope, where), cutBy };
}

/** Keys of a collection; by blocks where a standby does not let the whole table be read. */
async function sample(
  source: SourceDatabase,
  definition: Sampled,
  wanted: { readonly rows: number; readonly rangeCount: number; readonly way: SampleWay },
): Promise<readonly (readonly string[])[]> {
  try {
    return await source.read((client) => sampleKeys(client, definition, wanted));
  } catch (error) {
    if (!isCancelledByServer(error) || wanted.way !== 'rows') throw error;
    return await source.read((client) => sampleKeys(client, definition, { ...wanted, way: 'blocks' }));
  }
}

function collectionBytes(definition: CollectionDefinition, tableBytes: Readonly<Record<string, number>>): number {
  const children = definition.children.reduce(
    (sum, child) => sum + (child.isCounted ? (tableBytes[child.table] ?? 0) : 0),
    0,
  );
  return (tableBytes[definition.table] ?? 0) + children;
}
