import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { KEPT_PLANNING, type KeptPlanning } from '../../contract/keptPlanning.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { KeyRange, Plan } from '../../contract/plan.ts';
import type { PlanBasis } from '../../contract/planDraft.ts';
import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { getIfReadable, putRecord } from '../../runtime/records.ts';
import type { BlobStore } from '../../storage/blobStore.ts';
import { type PlannedRows, plannedCounts } from './countPlanned.ts';

/** A digest of what numbers of rows and ranges follow from: as long as it is the same, so are they. Null where the source does not stand still. */
export function planningOf(
  { standstill, identity, fingerprint, timeline, options, schema }: PlanBasis,
  layout: LayoutDefinition,
  request: MigrationRequest,
  { flavour, requestUnitsPerSecond }: Pick<Plan, 'flavour' | 'requestUnitsPerSecond'>,
): string | null {
  if (standstill === null) return null;
  const source = [standstill, identity, fingerprint, timeline?.timeline ?? null];
  // Another role may see other tables, and another release read them in another way.
  const counted = plannedCounts(layout, schema, request).map(({ table, of, from, where }) => [table, of, from, where]);
  const read = layout.collections.map(({ collection, table, from, where, cutBy, isCutByDigest = false }) => {
    return [collection, table, from, where, cutBy, isCutByDigest];
  });
  const text = JSON.stringify([source, options, counted, read, flavour, requestUnitsPerSecond]);
  return createHash('sha256').update(text).digest('base64');
}

/** Numbers of rows and ranges that an earlier plan of the migration found of the same; null where none did. Throws what storage throws. */
export async function recallPlanning(
  blobs: BlobStore,
  id: string,
  of: string | null,
  layout: LayoutDefinition,
): Promise<{ readonly rows: PlannedRows; readonly collections: KeptPlanning['collections'] } | null> {
  const kept = of === null ? null : await getIfReadable(blobs, blobPaths.planned(id), KEPT_PLANNING);
  if (kept === null || kept.of !== of || !fits(kept, layout)) return null;
  const { tableRows, rowsThere, collections } = kept;
  return { rows: { tables: tableRows, collections: {}, there: rowsThere }, collections };
}

/** Are these ranges of the layout's collections, each from one end to the other? What was cut short or changed in storage would leave rows out. */
function fits({ collections }: KeptPlanning, layout: LayoutDefinition): boolean {
  if (collections.length !== layout.collections.length) return false;
  return collections.every(({ collection, table, ranges }, index) => {
    const definition = layout.collections[index];
    const isSame = collection === definition?.collection && table === definition.table;
    return isSame && isWhole(ranges);
  });
}

function isWhole(ranges: readonly KeyRange[]): boolean {
  const bounds = [null, ...ranges.map(({ upper }) => upper)];
  return (
    ranges.length > 0 &&
    bounds.at(-1) === null &&
    ranges.every(({ lower }, index) => isDeepStrictEqual(lower, bounds[index]))
  );
}

/** Keeps them for the next plan. */
export async function keepPlanning(
  blobs: BlobStore,
  id: string,
  of: string,
  { tables, there }: PlannedRows,
  collections: KeptPlanning['collections'],
): Promise<void> {
  await putRecord(blobs, blobPaths.planned(id), KEPT_PLANNING, {
    of,
    tableRows: tables,
    rowsThere: there,
    collections,
  });
}
