import { createHash } from 'node:crypto';
import { KEPT_PLANNING, type KeptPlanning } from '../../contract/keptPlanning.ts';
import type { Plan } from '../../contract/plan.ts';
import type { PlanBasis } from '../../contract/planDraft.ts';
import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { getIfReadable, putRecord } from '../../runtime/records.ts';
import type { BlobStore } from '../../storage/blobStore.ts';
import type { PlannedRows } from './countPlanned.ts';

/** A digest of what numbers of rows and ranges follow from: as long as it is the same, so are they. Null where the source does not stand still. */
export function planningOf(
  { standstill, identity, fingerprint, timeline, options }: PlanBasis,
  { collections, scopes }: LayoutDefinition,
  { flavour, requestUnitsPerSecond }: Pick<Plan, 'flavour' | 'requestUnitsPerSecond'>,
): string | null {
  if (standstill === null) return null;
  const source = [standstill, identity, fingerprint, timeline?.timeline ?? null];
  // Another release may read a table in another way.
  const read = collections.map(({ collection, table, from, where, cutBy, isCutByDigest = false }) => {
    return [collection, table, from, where, cutBy, isCutByDigest];
  });
  const text = JSON.stringify([source, options, read, scopes, flavour, requestUnitsPerSecond]);
  return createHash('sha256').update(text).digest('base64');
}

/** Numbers of rows and ranges that an earlier plan of the migration found of the same; null where none did. Throws what storage throws. */
export async function recallPlanning(
  blobs: BlobStore,
  id: string,
  of: string | null,
): Promise<{ readonly rows: PlannedRows; readonly collections: KeptPlanning['collections'] } | null> {
  const kept = of === null ? null : await getIfReadable(blobs, blobPaths.planned(id), KEPT_PLANNING);
  if (kept === null || kept.of !== of) return null;
  const { tableRows, rowsThere, collections } = kept;
  return { rows: { tables: tableRows, collections: {}, there: rowsThere }, collections };
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
